import { CodedError } from '../../interface/errors.ts'

/** Calls that have no answer yet, so that Ctrl-C can give them up. */
export class InFlight {
  readonly #calls = new Set<AbortController>()

  get size(): number {
    return this.#calls.size
  }

  async run<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const controller = new AbortController()
    this.#calls.add(controller)
    try {
      return await work(controller.signal)
    } finally {
      this.#calls.delete(controller)
    }
  }

  /** @returns whether there was any */
  interrupt(): boolean {
    const calls = [...this.#calls]
    for (const call of calls) call.abort(new CodedError('ERR_REPL_INTERRUPTED', 'interrupted; the node goes on'))

    return calls.length > 0
  }
}
