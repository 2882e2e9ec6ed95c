/** The last `capacity` of what was pushed. */
export class Ring<T> {
  readonly #capacity: number
  #items: T[] = []
  #total = 0

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  /** How many were pushed, those forgotten included. */
  get total(): number {
    return this.#total
  }

  push(item: T): void {
    this.#total++
    this.#items.push(item)
    // cut now and then, so that a push stays cheap
    if (this.#items.length >= 2 * this.#capacity) this.#items = this.#items.slice(-this.#capacity)
  }

  /** At most `count`, the oldest first. */
  last(count = this.#capacity): T[] {
    return this.#items.slice(-Math.min(count, this.#capacity))
  }
}
