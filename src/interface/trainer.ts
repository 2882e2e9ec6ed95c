import type { Layout, Params } from './params.ts'
import type { AbortOptions } from './startable.ts'

export interface TrainOptions extends AbortOptions {
  /** Step size for these steps; schedules live with the learner. */
  learningRate: number
}

export interface TrainReport {
  /** Steps done; fewer than asked for only when aborted between steps. */
  steps: number
  /** Examples seen in these steps, repeats counted. */
  examples: number
  /** Mean training loss over these steps, in nats. */
  loss: number
}

export interface EvaluateOptions extends AbortOptions {
  /** Only the first so many test examples, for a cheap point on a curve; all when absent. */
  limit?: number
}

export interface Evaluation {
  /** Fraction of test examples whose most likely class is the right one. */
  accuracy: number
  /** Mean cross entropy over the test examples, in nats. */
  loss: number
  examples: number
}

/**
 * Trains one model on one node's data. One call at a time: a second call
 * before the first has settled rejects with ERR_TRAINER_BUSY.
 */
export interface Trainer {
  readonly layout: Layout
  /** Examples in this node's training set: its weight in a mean. */
  readonly exampleCount: number
  /**
   * The live vector, shape (dim). While no call is in flight the caller may
   * read it and write it; that is how merging hands a model over, without a copy.
   */
  readonly params: Params
  /** Runs `steps` optimiser steps on the next batches; params and optimiser state change in place. */
  train(steps: number, options: TrainOptions): Promise<TrainReport>
  /** Loss and accuracy of the live params on the common test set, without padding or repeats. */
  evaluate(options?: EvaluateOptions): Promise<Evaluation>
  /** Mean loss of the live params over training examples `indices`: forward only. */
  loss(indices: readonly number[], options?: AbortOptions): Promise<number>
  close(): Promise<void>
}
