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
  /** Only so many test examples, the same each time, for a cheap point on a curve; all when absent. */
  limit?: number
}

export interface Evaluation {
  /** Fraction of test examples whose most likely class is the right one. */
  accuracy: number
  /** Mean cross entropy over the test examples, in nats. */
  loss: number
  examples: number
}

/** How a diagonal Fisher is estimated. Source: Matena and Raffel, NeurIPS 2022, arXiv:2111.09832. */
export interface FisherOptions extends AbortOptions {
  /** Training examples to take, drawn by the job's seed and `round`; at most the node's own number. */
  examples: number
  /** `exact`: the expectation over the model's own predictions. `sampled`: one label drawn from them an example. */
  labels: 'exact' | 'sampled'
  /** Which draw: the same round, the same examples. */
  round: number
}

/** Local examples as the output layer sees them, with their labels. */
export interface HeadProbe {
  /** Shape (labels.length, width): what goes into the output layer. */
  features: Float32Array
  /** Class of each, 0 to classes - 1. */
  labels: Int32Array
  width: number
  classes: number
}

/** What a trainer goes on from, besides its params. */
export interface TrainerState {
  /** Optimiser steps done: with the job, they also say which batch comes next. */
  readonly steps: number
  /** Momentum and the like, of a length of the trainer's own; live memory. */
  readonly optimiser: Float32Array
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
  /**
   * Writes the diagonal Fisher of the live params to `out`, shape (dim), any memory: the mean over examples of
   * E_y[(d log p(y | x) / d theta)^2], y from the model's own predictions. All finite and >= 0.
   */
  fisher(out: Float32Array, options: FisherOptions): Promise<void>
  /**
   * Up to `perClass` training examples of each class that this node has, drawn by the job's seed, as the output layer
   * sees them under the live params.
   */
  probe(perClass: number, options?: AbortOptions): Promise<HeadProbe>
  /** For a checkpoint, while no call is in flight. */
  state(): TrainerState
  /**
   * Goes on as the trainer of that state would have: the same batches, the same steps. Params are the caller's to write.
   * @throws {CodedError} ERR_PARAMS_DIM for an optimiser's state of another length
   */
  restore(state: TrainerState): void
  close(): Promise<void>
}

export interface RoundOptions extends TrainOptions {
  /** Decides, with the job's seed and the node, which batches are drawn. */
  round: number
  steps: number
}

/**
 * Trains whatever model it is given on one node's data, and keeps nothing
 * between calls: the optimiser starts afresh and the batches are drawn for
 * the round, so the result depends on model, node and round alone. For
 * learners that sample who trains: a node that is not sampled holds no model,
 * and many nodes of one process can share one. Calls wait for each other.
 */
export interface StatelessTrainer {
  readonly layout: Layout
  /** Examples in this node's training set: its weight in a mean. */
  readonly exampleCount: number
  /** Writes the job's first model, the same on every node, to `params`, shape (dim). */
  initialise(params: Params): Promise<void>
  /**
   * Trains on from `params`, in place, shape (dim), any memory. The caller leaves them alone meanwhile; after an abort
   * the report says how many steps were done.
   */
  train(params: Params, options: RoundOptions): Promise<TrainReport>
  /** Loss and accuracy of `params` on the common test set. */
  evaluate(params: Params, options?: EvaluateOptions): Promise<Evaluation>
  /** Writes the diagonal Fisher of `params` to `out`, as {@link Trainer.fisher}. Both shape (dim), any memory. */
  fisher(params: Params, out: Float32Array, options: FisherOptions): Promise<void>
  close(): Promise<void>
}
