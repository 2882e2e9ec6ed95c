import { CodedError } from '../interface/errors.ts'
import type { AbortOptions } from '../interface/startable.ts'

export interface SlotsInit {
  /** Pieces of work that run at a time. */
  slots: number
  /** Pieces of work that wait for a slot; one more is refused. */
  maxWaiting: number
}

/** Runs so many pieces of work at a time; the rest wait in line, first come, first served. */
export class Slots {
  readonly #init: SlotsInit
  /** Wakes the one who waits. */
  readonly #line: (() => void)[] = []
  #taken = 0

  constructor(init: SlotsInit) {
    this.#init = init
  }

  /** Pieces of work under way or in line. */
  get size(): number {
    return this.#taken + this.#line.length
  }

  /**
   * Runs `work` when there is a slot. An abort ends the stay in line; `work` looks at the signal by itself.
   *
   * @throws {CodedError} ERR_SLOTS_FULL; the signal's reason when aborted in line; what `work` throws
   */
  async run<T>(work: () => Promise<T>, { signal }: AbortOptions = {}): Promise<T> {
    signal?.throwIfAborted()
    if (this.#taken < this.#init.slots) this.#taken++
    else await this.#standInLine(signal)

    try {
      return await work()
    } finally {
      const next = this.#line.shift()
      if (next === undefined) this.#taken--
      else next() // the slot goes from hand to hand
    }
  }

  #standInLine(signal: AbortSignal | undefined): Promise<void> {
    const { slots, maxWaiting } = this.#init
    if (this.#line.length >= maxWaiting) {
      throw new CodedError('ERR_SLOTS_FULL', 'too much work is waiting for its turn', { slots, maxWaiting })
    }

    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const onTurn = (): void => {
      signal?.removeEventListener('abort', onAbort)
      resolve()
    }
    const onAbort = (): void => {
      this.#line.splice(this.#line.indexOf(onTurn), 1)
      reject(signal?.reason)
    }
    signal?.addEventListener('abort', onAbort, { once: true })
    this.#line.push(onTurn)

    return promise
  }
}
