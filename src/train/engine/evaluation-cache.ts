import { createHash } from 'node:crypto'
import type { Params } from '../../interface/params.ts'
import type { AbortOptions } from '../../interface/startable.ts'
import type { Evaluation } from '../../interface/trainer.ts'

/** An evaluation that those who asked for it share. */
interface Shared {
  readonly result: Promise<Evaluation>
  readonly controller: AbortController
  /** One vector of each caller who still waits; all hold the same numbers. */
  readonly askers: Set<{ readonly params: Params }>
}

/**
 * Evaluates.
 *
 * @param params - the vector to read, valid from the call to the next await
 */
export type Evaluate = (params: () => Params, options: { signal: AbortSignal }) => Promise<Evaluation>

/**
 * Remembers the last results by the bits of the model, and lets callers who
 * ask at the same time share one evaluation: in a swarm, many nodes evaluate
 * the same model. It is aborted when the last of them gives up.
 */
export class EvaluationCache {
  readonly #limit: number
  /** Least recently used first. */
  readonly #known = new Map<string, Evaluation>()
  /** As many as there are callers waiting, at most. */
  readonly #running = new Map<string, Shared>()

  /** @param limit - most results to remember */
  constructor(limit: number) {
    this.#limit = limit
  }

  /**
   * @param params - shape (dim), left alone by the caller until the result is there
   * @param examples - how many test examples are asked for
   * @throws the signal's reason; whatever `evaluate` throws, which is forgotten
   */
  async get(
    { params, examples }: { params: Params; examples: number },
    evaluate: Evaluate,
    { signal }: AbortOptions = {}
  ): Promise<Evaluation> {
    signal?.throwIfAborted()
    const key = `${examples} ${hashOf(params)}`
    const known = this.#recall(key)
    const evaluation = known ?? (await this.#ask(key, params, evaluate, signal))

    return { ...evaluation }
  }

  async #ask(key: string, params: Params, evaluate: Evaluate, signal: AbortSignal | undefined): Promise<Evaluation> {
    const shared = this.#running.get(key) ?? this.#begin(key, evaluate)
    const asker = { params }
    shared.askers.add(asker)

    const given = Promise.withResolvers<never>()
    const onAbort = (): void => {
      this.#leave(key, shared, asker)
      given.reject(signal?.reason)
    }
    signal?.addEventListener('abort', onAbort, { once: true })
    try {
      return await Promise.race([shared.result, given.promise])
    } finally {
      signal?.removeEventListener('abort', onAbort)
    }
  }

  #begin(key: string, evaluate: Evaluate): Shared {
    const controller = new AbortController()
    const askers: Shared['askers'] = new Set()
    const anyParams = (): Params => {
      const [asker] = askers

      return asker!.params // the signal aborts with the last of them
    }
    // begins after the first asker is in
    const result = Promise.resolve().then(() => evaluate(anyParams, { signal: controller.signal }))
    const shared = { result, controller, askers }
    this.#running.set(key, shared)
    const forget = (): void => {
      if (this.#running.get(key) === shared) this.#running.delete(key)
    }
    result.then((evaluation) => {
      forget()
      this.#remember(key, evaluation)
    }, forget)

    return shared
  }

  /** At once and not when promises get round to it: the caller may reuse its vector. */
  #leave(key: string, shared: Shared, asker: { readonly params: Params }): void {
    shared.askers.delete(asker)
    if (shared.askers.size > 0) return

    if (this.#running.get(key) === shared) this.#running.delete(key)
    shared.controller.abort()
  }

  #recall(key: string): Evaluation | undefined {
    const known = this.#known.get(key)
    if (known !== undefined) this.#remember(key, known)

    return known
  }

  #remember(key: string, evaluation: Evaluation): void {
    this.#known.delete(key)
    this.#known.set(key, evaluation)
    const [oldest] = this.#known.keys()
    if (this.#known.size > this.#limit) this.#known.delete(oldest!)
  }
}

function hashOf(params: Params): string {
  const bytes = new Uint8Array(params.buffer, params.byteOffset, params.byteLength)

  return createHash('sha256').update(bytes).digest('base64url')
}
