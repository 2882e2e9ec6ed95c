/** Something that happens at a moment of virtual time. Queued once at most. */
export abstract class SimEvent {
  /** In the queue and not cancelled. */
  queued = false
  /** What the digest notes of it: see `digest.ts`. */
  abstract readonly kind: number
  /** Slots of those concerned; -1 for nobody. */
  abstract readonly fromSlot: number
  abstract readonly toSlot: number
  /** Bytes on the wire, or another number that tells two events of a kind apart. */
  abstract readonly mark: number
  onSettled: (() => void) | undefined

  /** False while real work has to be waited for before it can fire; then `onSettled` is called. */
  get isReady(): boolean {
    return true
  }

  /** @returns whether anyone's promises may have been settled: then they come before the next event */
  abstract fire(): boolean
}

const FIRST_CAPACITY = 1024
/** Fewer cancelled entries than this are not worth a clearance. */
const MIN_CLEARANCE = 64

/**
 * Events in the order of their time, and of being queued for those of the same time: a binary heap over parallel
 * arrays. Cancelled events stay until they come up, or are cleared away when they are the greater part.
 *
 * Cost: O(log n) to push and pop; O(1) to cancel, amortised.
 */
export class EventQueue {
  #times = new Float64Array(FIRST_CAPACITY)
  #orders = new Float64Array(FIRST_CAPACITY)
  readonly #events: SimEvent[] = []
  #cancelled = 0
  #nextOrder = 0

  /** Events to come. */
  get size(): number {
    return this.#events.length - this.#cancelled
  }

  push(timeMs: number, event: SimEvent): void {
    const last = this.#events.length
    if (last === this.#times.length) this.#grow()
    event.queued = true
    this.#events.push(event)
    this.#siftUp(last, timeMs, this.#nextOrder++, event)
  }

  /** An event that is over, or was never queued, is left alone. */
  cancel(event: SimEvent): void {
    if (!event.queued) return

    event.queued = false
    this.#cancelled++
    if (this.#cancelled > MIN_CLEARANCE && 2 * this.#cancelled > this.#events.length) this.#clear()
  }

  /** The next event, left in its place; undefined when there is none. */
  peek(): SimEvent | undefined {
    for (;;) {
      const first = this.#events[0]
      if (first === undefined || first.queued) return first
      this.#removeFirst()
      this.#cancelled--
    }
  }

  /** Time of the event that {@link peek} has just returned. */
  get headMs(): number {
    return this.#times[0]!
  }

  /** Takes the event that {@link peek} has just returned. */
  shift(): void {
    this.#events[0]!.queued = false
    this.#removeFirst()
  }

  #removeFirst(): void {
    const last = this.#events.length - 1
    const event = this.#events.pop()!
    if (last > 0) this.#siftDown(this.#times[last]!, this.#orders[last]!, event)
  }

  /** Moves the hole at `index` towards the root until the event fits there. */
  #siftUp(index: number, timeMs: number, order: number, event: SimEvent): void {
    const times = this.#times
    const orders = this.#orders
    const events = this.#events
    let hole = index
    while (hole > 0) {
      const parent = (hole - 1) >> 1
      const parentMs = times[parent]!
      if (parentMs < timeMs || (parentMs === timeMs && orders[parent]! < order)) break
      times[hole] = parentMs
      orders[hole] = orders[parent]!
      events[hole] = events[parent]!
      hole = parent
    }
    times[hole] = timeMs
    orders[hole] = order
    events[hole] = event
  }

  /** Fills the hole at the root: the earlier child moves up until the event fits. */
  #siftDown(timeMs: number, order: number, event: SimEvent): void {
    const times = this.#times
    const orders = this.#orders
    const events = this.#events
    const length = events.length
    let hole = 0
    for (;;) {
      let child = 2 * hole + 1
      if (child >= length) break
      const right = child + 1
      if (right < length && isBefore(times, orders, right, child)) child = right
      const childMs = times[child]!
      if (timeMs < childMs || (timeMs === childMs && order < orders[child]!)) break
      times[hole] = childMs
      orders[hole] = orders[child]!
      events[hole] = events[child]!
      hole = child
    }
    times[hole] = timeMs
    orders[hole] = order
    events[hole] = event
  }

  #grow(): void {
    const times = new Float64Array(2 * this.#times.length)
    const orders = new Float64Array(times.length)
    times.set(this.#times)
    orders.set(this.#orders)
    this.#times = times
    this.#orders = orders
  }

  /** Drops what was cancelled. Events keep their order, as that is by time and number, not by place. */
  #clear(): void {
    let kept = 0
    for (let i = 0; i < this.#events.length; i++) {
      const event = this.#events[i]!
      if (!event.queued) continue
      this.#siftUp(kept++, this.#times[i]!, this.#orders[i]!, event)
    }
    this.#events.length = kept
    this.#cancelled = 0
  }
}

function isBefore(times: Float64Array, orders: Float64Array, a: number, b: number): boolean {
  return times[a]! < times[b]! || (times[a] === times[b] && orders[a]! < orders[b]!)
}
