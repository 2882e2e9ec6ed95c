interface Entry<V> {
  readonly value: Promise<V>
  users: number
}

/** Values made once per key, shared by their users and disposed of when the last one lets go. */
export class RefCache<V> {
  readonly #entries = new Map<string, Entry<V>>()
  readonly #dispose: (value: V) => Promise<void>

  constructor(dispose: (value: V) => Promise<void>) {
    this.#dispose = dispose
  }

  get size(): number {
    return this.#entries.size
  }

  /** Every successful call must be matched by one {@link release}. A failed `make` is forgotten. */
  async acquire(key: string, make: () => Promise<V>): Promise<V> {
    let entry = this.#entries.get(key)
    if (entry === undefined) {
      entry = { value: make(), users: 0 }
      this.#entries.set(key, entry)
    }
    entry.users++

    try {
      return await entry.value
    } catch (error) {
      if (--entry.users === 0) this.#entries.delete(key)
      throw error
    }
  }

  async release(key: string): Promise<void> {
    const entry = this.#entries.get(key)
    if (entry === undefined) throw new RangeError(`nothing held under ${key}`)
    if (--entry.users > 0) return

    this.#entries.delete(key)
    await this.#dispose(await entry.value)
  }
}
