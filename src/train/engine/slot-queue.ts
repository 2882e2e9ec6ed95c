import type { AbortOptions } from '../../interface/startable.ts'

interface Waiter<S> {
  grant(slot: S): void
  reject(reason: unknown): void
}

/**
 * Lends slots to whoever asks, in the order of asking. As long as its callers
 * each have few calls open, so is the queue short.
 */
export class SlotQueue<S> {
  readonly #free: S[]
  /** In order of arrival; a set, so that one in the middle leaves at once. */
  readonly #waiting = new Set<Waiter<S>>()
  #ended: Error | undefined

  constructor(slots: readonly S[]) {
    this.#free = [...slots]
  }

  /** Calls that wait for a slot. */
  get waiting(): number {
    return this.#waiting.size
  }

  /**
   * Runs `work` on the next free slot.
   *
   * @throws the signal's reason when it aborts before `work` begins; what {@link end} was given
   */
  async run<T>(work: (slot: S) => Promise<T>, { signal }: AbortOptions = {}): Promise<T> {
    const slot = await this.#acquire(signal)
    try {
      // the signal may have aborted between the grant and here
      signal?.throwIfAborted()

      return await work(slot)
    } finally {
      this.#release(slot)
    }
  }

  /** Refuses those who wait and those to come; what runs goes on. */
  end(error: Error): void {
    this.#ended ??= error
    for (const { reject } of [...this.#waiting]) reject(this.#ended)
  }

  async #acquire(signal: AbortSignal | undefined): Promise<S> {
    signal?.throwIfAborted()
    if (this.#ended !== undefined) throw this.#ended
    const slot = this.#free.pop()

    return slot ?? this.#wait(signal)
  }

  #wait(signal: AbortSignal | undefined): Promise<S> {
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.#waiting.delete(waiter)
        signal?.removeEventListener('abort', onAbort)
      }
      const waiter: Waiter<S> = {
        grant: (slot) => {
          leave()
          resolve(slot)
        },
        reject: (reason) => {
          leave()
          reject(reason)
        }
      }
      const onAbort = (): void => waiter.reject(signal?.reason)
      signal?.addEventListener('abort', onAbort, { once: true })
      this.#waiting.add(waiter)
    })
  }

  #release(slot: S): void {
    const [next] = this.#waiting
    if (next === undefined) this.#free.push(slot)
    else next.grant(slot)
  }
}
