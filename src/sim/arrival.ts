import type { Endpoint } from './endpoint.ts'
import { SimEvent } from './event-queue.ts'
import type { World } from './world.ts'

/** Bytes under way from one node to another: fires when the last of them arrives. */
export abstract class Arrival extends SimEvent {
  readonly world: World
  readonly from: Endpoint
  readonly to: Endpoint
  /** Protocol, topic or model. */
  readonly what: string
  /** On the wire; fewer when the sender was stopped halfway. */
  size: number
  /** When the sender's first byte leaves it. */
  startMs = 0
  /** When its last byte does; a sender that dies before has not sent this. */
  sentMs = 0

  constructor(world: World, from: Endpoint, to: Endpoint, what: string, size: number) {
    super()
    this.world = world
    this.from = from
    this.to = to
    this.what = what
    this.size = size
  }

  get fromSlot(): number {
    return this.from.slot
  }

  get toSlot(): number {
    return this.to.slot
  }

  get mark(): number {
    return this.size
  }

  /** The same once more, for a link that repeats it; undefined for what cannot be repeated. */
  abstract again(): Arrival | undefined

  /** It is there. @returns see {@link SimEvent.fire} */
  protected abstract arrive(): boolean

  /** It was cut off on the way. */
  protected vanish(): void {}

  fire(): boolean {
    const { world, from, to, what, size } = this
    if (!world.isReachable(from, to) || from.endedMs < this.sentMs) {
      world.trace('lost', from, to, what, size)
      this.vanish()
      return false
    }
    if (!to.isAlive) {
      world.trace('dropped', from, to, what, size)
      return false
    }

    to.traffic.received += size
    world.trace('delivered', from, to, what, size)
    return this.arrive()
  }

  /** Nobody there wanted it. */
  protected drop(): false {
    this.world.trace('dropped', this.from, this.to, this.what, this.size)

    return false
  }
}
