import type { Sender } from './filter.ts'

/**
 * What is kept of each sender, of at most `limit` of them: whoever has not been heard from for longest makes room.
 */
export class SenderMemory<T> {
  readonly limit: number
  /** In the order in which they were heard, longest ago first. */
  readonly #kept = new Map<Sender, T>()
  #dropped = 0

  constructor(limit: number) {
    this.limit = limit
  }

  get size(): number {
    return this.#kept.size
  }

  /** Senders that had to make room, since the start. */
  get dropped(): number {
    return this.#dropped
  }

  get(sender: Sender): T | undefined {
    return this.#kept.get(sender)
  }

  /** What is kept of a sender that was just heard from; `make` when it is new. */
  hear(sender: Sender, make: () => T): T {
    const value = this.#kept.get(sender) ?? make()
    this.set(sender, value)

    return value
  }

  set(sender: Sender, value: T): void {
    this.#kept.delete(sender)
    const [oldest] = this.#kept.keys()
    if (this.#kept.size >= this.limit && oldest !== undefined) {
      this.#kept.delete(oldest)
      this.#dropped++
    }
    this.#kept.set(sender, value)
  }

  /** Longest unheard first. */
  entries(): [Sender, T][] {
    return [...this.#kept]
  }

  /** Forgets everyone, and takes these, longest unheard first. */
  replace(entries: readonly (readonly [Sender, T])[]): void {
    this.#kept.clear()
    for (const [sender, value] of entries) this.set(sender, value)
  }
}
