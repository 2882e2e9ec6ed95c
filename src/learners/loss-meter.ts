import type { Network } from '../interface/network.ts'
import type { Rng } from '../interface/rng.ts'
import type { AbortOptions } from '../interface/startable.ts'
import type { Trainer } from '../interface/trainer.ts'
import type { VectorMath } from '../interface/vectors.ts'
import { createRng } from '../math/philox.ts'
import type { LearnerInit } from './learner-init.ts'

export interface LossMeterInit {
  trainer: Pick<Trainer, 'params' | 'exampleCount' | 'loss'>
  vectors: VectorMath
  /** Draws the batch of a round's measurement. */
  rngOf: (round: number) => Rng
  /** Local training examples in it. */
  batchSize: number
}

export interface MeasureOptions extends AbortOptions {
  round: number
}

/** Where a job says nothing. */
export const DEFAULT_LOSS_BATCH = 32

/** Measures how models of others do on a batch of the node's own examples. */
export class LossMeter {
  readonly #init: LossMeterInit

  constructor(init: LossMeterInit) {
    this.#init = init
  }

  /**
   * All on one batch, which the round decides. The live params stand in for each model in turn, and are what they were afterwards,
   * whatever happens.
   *
   * @param models - shape (dim) each; the live params may be one of them
   * @param wanted - indices of the models to measure
   * @returns a loss for each model, in nats; undefined for those that were not wanted
   */
  async measure(
    models: readonly Float32Array[],
    wanted: readonly number[],
    { round, ...options }: MeasureOptions
  ): Promise<(number | undefined)[]> {
    const { trainer, vectors } = this.#init
    const { params } = trainer
    const batch = this.#draw(round)
    const losses = new Array<number | undefined>(models.length).fill(undefined)
    const before = vectors.allocate(params.length)
    before.set(params)
    try {
      for (const i of wanted) {
        params.set(models[i] === params ? before : models[i]!)
        losses[i] = await trainer.loss(batch, options)
      }
    } finally {
      params.set(before)
      vectors.free(before)
    }

    return losses
  }

  /** Distinct examples, all when there are no more. */
  #draw(round: number): number[] {
    const { trainer, rngOf, batchSize } = this.#init
    const rng = rngOf(round)
    const drawn = new Set<number>()
    while (drawn.size < Math.min(batchSize, trainer.exampleCount)) drawn.add(rng.below(trainer.exampleCount))

    return [...drawn]
  }
}

/** For one node of a job: other nodes draw other batches. */
export function createLossMeter(
  parts: Omit<LossMeterInit, 'rngOf' | 'batchSize'> & { network: Pick<Network, 'self'> },
  { seed, rules }: Pick<LearnerInit, 'seed' | 'rules'>
): LossMeter {
  const { network, ...components } = parts
  const rngOf = (round: number): Rng => createRng(seed, `losses:${network.self}:${round}`)

  return new LossMeter({ ...components, rngOf, batchSize: rules?.lossBatch ?? DEFAULT_LOSS_BATCH })
}
