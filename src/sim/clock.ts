import type { Clock } from '../interface/clock.ts'
import type { AbortOptions } from '../interface/startable.ts'
import { KIND } from './digest.ts'
import type { Endpoint } from './endpoint.ts'
import { SimEvent } from './event-queue.ts'
import type { World } from './world.ts'

/** Virtual time as one node sees it. Its timers die with the node: what sleeps then never wakes, unless it is aborted. */
export class SimClock implements Clock {
  readonly #world: World
  readonly #endpoint: Endpoint
  readonly #timers = new Set<Timer>()

  constructor(world: World, endpoint: Endpoint) {
    this.#world = world
    this.#endpoint = endpoint
  }

  /** Timers that have not fired. */
  get timers(): number {
    return this.#timers.size
  }

  now(): number {
    return this.#world.nowMs
  }

  sleep(delayMs: number, { signal }: AbortOptions = {}): Promise<void> {
    if (signal?.aborted) return Promise.reject(signal.reason)

    return new Promise((resolve, reject) => {
      const timer = new Timer(this.#world, this.#endpoint.slot, this.#timers, resolve, reject, signal)
      signal?.addEventListener('abort', timer, { once: true })
      if (!this.#endpoint.isAlive) return
      this.#timers.add(timer)
      if (delayMs < Number.POSITIVE_INFINITY) this.#world.at(this.#world.nowMs + Math.max(0, delayMs || 0), timer)
    })
  }

  stop(): void {
    for (const timer of this.#timers) this.#world.queue.cancel(timer)
    this.#timers.clear()
  }
}

/** One sleeper; it is the event that wakes it, and the listener that hears the abort. */
class Timer extends SimEvent {
  readonly kind = KIND.timer
  readonly toSlot: number
  readonly fromSlot = -1
  readonly mark = 0
  readonly #world: World
  readonly #timers: Set<Timer>
  readonly #resolve: () => void
  readonly #reject: (reason: unknown) => void
  readonly #signal: AbortSignal | undefined

  constructor(
    world: World,
    slot: number,
    timers: Set<Timer>,
    resolve: () => void,
    reject: (reason: unknown) => void,
    signal: AbortSignal | undefined
  ) {
    super()
    this.#world = world
    this.toSlot = slot
    this.#timers = timers
    this.#resolve = resolve
    this.#reject = reject
    this.#signal = signal
  }

  fire(): boolean {
    this.#timers.delete(this)
    this.#signal?.removeEventListener('abort', this)
    this.#world.trace('timer', undefined, this.#world.endpoints[this.toSlot])
    this.#resolve()

    return true
  }

  handleEvent(): void {
    this.#timers.delete(this)
    this.#world.queue.cancel(this)
    this.#reject(this.#signal?.reason)
  }
}
