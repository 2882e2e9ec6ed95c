import type { AbortOptions } from '../interface/startable.ts'

interface Shared<T> {
  readonly promise: Promise<T>
  readonly controller: AbortController
  callers: number
}

/** Lets callers who ask for the same thing at the same time share one piece of work; it is aborted when the last of them gives up. */
export class SharedWork<T> {
  readonly #running = new Map<string, Shared<T>>()

  get size(): number {
    return this.#running.size
  }

  has(key: string): boolean {
    return this.#running.has(key)
  }

  async run(key: string, work: (signal: AbortSignal) => Promise<T>, { signal }: AbortOptions = {}): Promise<T> {
    signal?.throwIfAborted()
    const shared = this.#running.get(key) ?? this.#begin(key, work)
    shared.callers++

    const abandoned = Promise.withResolvers<never>()
    const onAbort = (): void => abandoned.reject(signal?.reason)
    signal?.addEventListener('abort', onAbort, { once: true })
    try {
      return await Promise.race([shared.promise, abandoned.promise])
    } finally {
      signal?.removeEventListener('abort', onAbort)
      shared.callers--
      if (shared.callers === 0) {
        this.#forget(key, shared)
        shared.controller.abort(signal?.reason)
      }
    }
  }

  #begin(key: string, work: (signal: AbortSignal) => Promise<T>): Shared<T> {
    const controller = new AbortController()
    const promise = work(controller.signal)
    const shared = { promise, controller, callers: 0 }
    this.#running.set(key, shared)
    const onSettled = (): void => this.#forget(key, shared)
    promise.then(onSettled, onSettled)

    return shared
  }

  #forget(key: string, shared: Shared<T>): void {
    if (this.#running.get(key) === shared) this.#running.delete(key)
  }
}
