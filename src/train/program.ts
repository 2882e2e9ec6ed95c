import type { Layout } from '../interface/params.ts'

export type TensorType = 'float32' | 'int32'

/** A tensor that goes into or comes out of a program. Shapes are static. */
export interface Port {
  readonly name: string
  readonly type: TensorType
  readonly shape: readonly number[]
}

/** A vector that lives outside the graph: each port is a view at `offset` of one flat vector. */
export interface FlatPort {
  readonly input: string
  /** Name of the updated tensor; absent in programs that only read. */
  readonly output?: string
  readonly shape: readonly number[]
  readonly offset: number
}

/** What every program has: a graph, and what of a model it reads. */
export interface ModelProgram {
  /** The serialised ONNX model. */
  readonly onnx: Uint8Array
  /** Examples in one run. */
  readonly batchSize: number
  /** Of the params vector: the tensors that are trained. */
  readonly layout: Layout
  /** Views of the params vector, in layout order. */
  readonly params: readonly FlatPort[]
  /** Views of the vector of frozen tensors, of length `frozenDim`: only read, in every program. */
  readonly frozen: readonly FlatPort[]
  /** 0 when all tensors are trained. */
  readonly frozenDim: number
  /** Shape (batchSize, ...example shape). */
  readonly x: Port
}

interface Program extends ModelProgram {
  /** int32 class numbers, shape (batchSize) or, for sequences, (batchSize, length). */
  readonly labels: Port
}

/** One training step: forward, backward, optimiser. */
export interface StepProgram extends Program {
  /** Views of the optimiser's state vector of length `stateDim`, all zero at first. */
  readonly state: readonly FlatPort[]
  readonly stateDim: number
  /** float32 scalar, shape (). */
  readonly learningRate: Port
  /** float32 scalar: 1 for the first step; only where the optimiser needs it (AdamW's bias correction). */
  readonly stepNumber?: Port
  /** float32 scalar: mean loss of the batch before the step. */
  readonly loss: Port
}

/** Forward only: loss and number of right answers. */
export interface EvaluateProgram extends Program {
  /** float32, shape (batchSize): 1 counts an example, 0 leaves it out (padding of the last batch). */
  readonly weights: Port
  /** float32 scalar: sum over weighted examples of their mean loss. */
  readonly lossSum: Port
  /** float32 scalar: weighted number of right answers (for sequences the mean over positions of each example). */
  readonly correct: Port
}

/** Forward only, up to the output layer. */
export interface FeaturesProgram extends ModelProgram {
  /** float32, shape (batchSize, width): what goes into the output layer. */
  readonly features: Port
}

/**
 * Squared gradients of log p(label | example), summed over a batch and a few
 * backward passes.
 */
export interface FisherProgram extends ModelProgram {
  /** Of one run. Each takes one label of every example. */
  readonly passes: number
  /** That an example needs in all: its labels, positions times classes, when exact; 1 when sampled. */
  readonly passesPerExample: number
  /**
   * Which labels. Exact: int32, shape (passes, batchSize), position times classes plus class, weighted by its
   * probability. Sampled: float32, shape (batchSize, positions), uniform numbers from 0 to 1, each of which draws a label
   * from the predictions for its position. Less than 0: none.
   */
  readonly choices: Port
  /** Views of the vector of sums, in layout order; `input` is only their tensor's name. */
  readonly squares: readonly FlatPort[]
}
