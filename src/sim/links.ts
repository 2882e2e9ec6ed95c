import type { Rng } from '../interface/rng.ts'
import { createRng } from '../math/philox.ts'
import type { Arrival } from './arrival.ts'
import { KIND } from './digest.ts'
import type { Endpoint } from './endpoint.ts'
import { SimEvent } from './event-queue.ts'
import { createLatency, type Latency } from './latency.ts'
import type { LinkSpec } from './link-spec.ts'
import type { World } from './world.ts'

/** Shorter ones share the link with a model instead of waiting for it: streams are multiplexed. */
export const QUEUED_BYTES = 16_384
/** A message out of order takes from so many latencies more ... */
const LATE_MIN = 2
/** ... to so many. */
const LATE_MAX = 5

/** What happens to bytes between two nodes: they wait, take their time, get lost, come twice. */
export class Links {
  readonly #world: World
  readonly #spec: LinkSpec
  readonly #latency: Latency
  readonly #loss: Rng
  readonly #duplication: Rng
  readonly #reordering: Rng

  constructor(world: World, spec: LinkSpec, seed: number) {
    this.#world = world
    this.#spec = spec
    this.#latency = createLatency(spec.latency, { seed, rng: createRng(seed, 'sim:latency') })
    this.#loss = createRng(seed, 'sim:loss')
    this.#duplication = createRng(seed, 'sim:duplication')
    this.#reordering = createRng(seed, 'sim:reordering')
  }

  /** Milliseconds for a message's first byte. */
  drawMs(from: Endpoint, to: Endpoint): number {
    const ms = this.#latency(from, to)
    if (this.#spec.reordering === 0 || this.#reordering.uniform() >= this.#spec.reordering) return ms

    return ms * (1 + LATE_MIN + (LATE_MAX - LATE_MIN) * this.#reordering.uniform())
  }

  /**
   * Hands bytes to the link. The sender is charged for them whatever becomes of them.
   *
   * @returns whether they are under way
   */
  transmit(arrival: Arrival): boolean {
    const world = this.#world
    const { from, to, what, size } = arrival
    from.traffic.sent += size
    world.trace('sent', from, to, what, size)
    if (!world.isReachable(from, to)) {
      world.trace('lost', from, to, what, size)
      return false
    }

    const isUnderWay = this.#launch(arrival)
    if (this.#spec.duplication === 0 || this.#duplication.uniform() >= this.#spec.duplication) return isUnderWay
    const again = arrival.again()
    if (again === undefined) return isUnderWay
    world.trace('duplicated', from, to, what, size)

    return this.#launch(again) || isUnderWay
  }

  /**
   * The receiver wants no more of it: what has not left the sender never does. The uplink is free at once if nothing
   * queues behind; what does keeps its place.
   */
  retract(arrival: Arrival): void {
    const { from, startMs, sentMs, size } = arrival
    const stopMs = Math.max(this.#world.nowMs, startMs)
    if (stopMs >= sentMs) return

    arrival.size = Math.round((size * (stopMs - startMs)) / (sentMs - startMs))
    arrival.sentMs = stopMs
    from.traffic.sent -= size - arrival.size
    if (from.upFreeMs === sentMs) from.upFreeMs = stopMs
  }

  #launch(arrival: Arrival): boolean {
    const world = this.#world
    const { from, to, what, size } = arrival
    if (this.#spec.loss > 0 && this.#loss.uniform() < this.#spec.loss) {
      world.trace('lost', from, to, what, size)
      return false
    }

    const latencyMs = this.drawMs(from, to)
    if (size >= QUEUED_BYTES) this.#queue(arrival, latencyMs)
    else {
      const slowest = Math.min(from.bytesPerSecond.up, to.bytesPerSecond.down)
      arrival.startMs = world.nowMs
      arrival.sentMs = world.nowMs
      world.at(world.nowMs + latencyMs + (1000 * size) / slowest, arrival)
    }

    return true
  }

  /** The uplink takes one after another; the downlink is claimed when the first byte reaches it. */
  #queue(arrival: Arrival, latencyMs: number): void {
    const { from, size } = arrival
    const startMs = Math.max(this.#world.nowMs, from.upFreeMs)
    arrival.startMs = startMs
    arrival.sentMs = startMs + (1000 * size) / from.bytesPerSecond.up
    from.upFreeMs = arrival.sentMs
    this.#world.at(startMs + latencyMs, new FirstByte(this.#world, arrival, arrival.sentMs + latencyMs))
  }
}

/** The beginning of something large has reached the receiver's downlink, and queues there. */
class FirstByte extends SimEvent {
  readonly kind = KIND.model
  readonly #world: World
  readonly #arrival: Arrival
  /** The uplink will not have brought all of it before. */
  readonly #notBeforeMs: number

  constructor(world: World, arrival: Arrival, notBeforeMs: number) {
    super()
    this.#world = world
    this.#arrival = arrival
    this.#notBeforeMs = notBeforeMs
  }

  get fromSlot(): number {
    return this.#arrival.fromSlot
  }

  get toSlot(): number {
    return this.#arrival.toSlot
  }

  get mark(): number {
    return 0
  }

  fire(): boolean {
    const { to, size } = this.#arrival
    const startMs = Math.max(this.#world.nowMs, to.downFreeMs)
    to.downFreeMs = startMs + (1000 * size) / to.bytesPerSecond.down
    this.#world.at(Math.max(to.downFreeMs, this.#notBeforeMs), this.#arrival)

    return false
  }
}
