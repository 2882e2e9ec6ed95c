import type { FisherOptions, StatelessTrainer, Trainer } from '../interface/trainer.ts'
import type { VectorMath } from '../interface/vectors.ts'
import type { FisherVector } from '../merge/update.ts'
import type { ModelPost } from './model-post.ts'
import type { Rules } from './rules.ts'

export interface OwnFisherInit {
  trainer: Pick<Trainer, 'layout' | 'fisher'>
  vectors: VectorMath
  rules: Rules
}

/** The Fisher vector of a node's live model, for policies that need one: estimated anew for each model that goes out. */
export class OwnFisher {
  readonly #init: OwnFisherInit
  #vector: FisherVector | undefined

  constructor(init: OwnFisherInit) {
    this.#init = init
  }

  /** @returns shape (dim), overwritten by the next call; undefined when the policy needs none */
  async estimate(options: Omit<FisherOptions, 'examples' | 'labels'>): Promise<FisherVector | undefined> {
    const { trainer, vectors, rules } = this.#init
    const { fisher } = rules.merge ?? {}
    if (fisher === undefined) return undefined

    this.#vector ??= vectors.allocate(trainer.layout.dim)
    await trainer.fisher(this.#vector, { ...fisher, ...options })
    options.signal?.throwIfAborted()

    return this.#vector
  }

  /** Gives the memory back. Idempotent. */
  close(): void {
    if (this.#vector !== undefined) this.#init.vectors.free(this.#vector)
    this.#vector = undefined
  }
}

export interface TrainedModel {
  /** Shape (dim). */
  params: Float32Array
  round: number
  signal: AbortSignal
}

/** The same of a model that was trained for a round. @returns a vector of the post, the caller's to release */
export async function fisherOf(
  { params, round, signal }: TrainedModel,
  { trainer, post, rules = {} }: { trainer: StatelessTrainer; post: ModelPost; rules?: Rules | undefined }
): Promise<FisherVector | undefined> {
  const { fisher } = rules.merge ?? {}
  if (fisher === undefined) return undefined

  const out = post.borrow()
  try {
    await trainer.fisher(params, out, { ...fisher, round, signal })
    signal.throwIfAborted()

    return out
  } catch (error) {
    post.release(out)
    throw error
  }
}
