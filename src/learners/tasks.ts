import type { AbortOptions } from '../interface/startable.ts'

/** What a learner does on the side, in answer to messages: bounded by its run, and never forgotten. */
export class Tasks {
  readonly #ended = new AbortController()
  readonly #running = new Set<Promise<void>>()
  readonly #failed = Promise.withResolvers<never>()

  constructor() {
    this.#failed.promise.catch(() => undefined) // the learner may end before it looks
  }

  get signal(): AbortSignal {
    return this.#ended.signal
  }

  /** Rejects with the first failure of a task: the learner's own failure. */
  get failure(): Promise<never> {
    return this.#failed.promise
  }

  /** Starts a task; its signal aborts at the end of the run, or with the given one. */
  spawn(work: (signal: AbortSignal) => Promise<void>, { signal }: AbortOptions = {}): void {
    if (this.#ended.signal.aborted) return
    const either = signal === undefined ? this.#ended.signal : AbortSignal.any([this.#ended.signal, signal])
    const task: Promise<void> = work(either)
      .catch((error: unknown) => {
        // ended on purpose, by whatever error that surfaced as
        if (!either.aborted) this.#failed.reject(error)
      })
      .finally(() => this.#running.delete(task))
    this.#running.add(task)
  }

  /** Ends all tasks and waits for them; each ends soon after its signal. */
  async end(reason: Error): Promise<void> {
    this.#ended.abort(reason)
    await Promise.allSettled(this.#running)
  }
}
