import type { Pull } from './pull.ts'

/** One who waits for a model; it is the listener that hears the abort. */
export class PullCaller {
  readonly #pull: Pull
  readonly #into: Uint8Array | undefined
  readonly #signal: AbortSignal | undefined
  readonly #resolve: (model: Uint8Array) => void
  readonly #reject: (reason: unknown) => void

  constructor(
    pull: Pull,
    into: Uint8Array | undefined,
    signal: AbortSignal | undefined,
    resolve: (model: Uint8Array) => void,
    reject: (reason: unknown) => void
  ) {
    this.#pull = pull
    this.#into = into
    this.#signal = signal
    this.#resolve = resolve
    this.#reject = reject
    signal?.addEventListener('abort', this, { once: true })
  }

  /** Without memory of the caller's own it gets the bytes that were offered, not a copy. */
  resolve(model: Uint8Array): void {
    this.#signal?.removeEventListener('abort', this)
    this.#into?.set(model)
    this.#resolve(this.#into?.subarray(0, model.byteLength) ?? model)
  }

  reject(reason: unknown): void {
    this.#signal?.removeEventListener('abort', this)
    this.#reject(reason)
  }

  handleEvent(): void {
    this.#pull.leave(this)
    this.#reject(this.#signal?.reason)
  }
}
