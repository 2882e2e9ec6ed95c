import type { VectorMath } from '../interface/vectors.ts'
import type { Aggregator } from '../robust/registry.ts'

/** What a round does when it has fewer updates than its rule needs. */
export type Fallback = 'keep' | 'mean'

export interface CombinerInit {
  vectors: VectorMath
  /** A robust rule; the weighted mean when absent. */
  robust?: Aggregator
  /** @default 'keep': the model stays what it was */
  fallback?: Fallback
  /** A round was not combined as its rule says. `needed` updates would have been enough. */
  onFallback: (fallback: { have: number; needed: number; fallback: Fallback }) => void
}

export interface CombineInput {
  /** Shape (dim): the model so far, which stays what it is when the round falls back to it. Where the result goes. */
  params: Float32Array
  /** n updates, shape (dim), all finite: decoders see to that. */
  updates: readonly Float32Array[]
  /** n, summing to 1: for the mean. */
  weights: readonly number[]
  /** Which of the updates is the node's own, where it has one. */
  own?: number
}

/** Makes one model of several, by the rule of the job. */
export class Combiner {
  readonly #init: CombinerInit

  constructor(init: CombinerInit) {
    this.#init = init
  }

  /** Writes to `params`. @returns false when there were too few updates, and `params` are as they were */
  combineInto({ params, updates, weights, own }: CombineInput): boolean {
    const { vectors, robust, fallback = 'keep', onFallback } = this.#init
    if (robust === undefined) {
      vectors.weightedSumInto(params, updates, weights)
      return true
    }
    if (updates.length < robust.minUpdates) {
      onFallback({ have: updates.length, needed: robust.minUpdates, fallback })
      if (fallback === 'mean') vectors.weightedSumInto(params, updates, weights)
      return fallback === 'mean'
    }
    robust.aggregateInto(params, updates, own === undefined ? {} : { own })

    return true
  }
}

/** The part of a learner's options that a combiner takes. */
export function rulesOf({ robust, fallback }: Pick<CombinerInit, 'robust' | 'fallback'>) {
  return { ...(robust === undefined ? {} : { robust }), ...(fallback === undefined ? {} : { fallback }) }
}
