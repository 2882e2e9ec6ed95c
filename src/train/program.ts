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

interface Program {
  /** The serialised ONNX model. */
  readonly onnx: Uint8Array
  /** Examples in one run. */
  readonly batchSize: number
  readonly layout: Layout
  /** Views of the params vector, in layout order. */
  readonly params: readonly FlatPort[]
  /** Shape (batchSize, ...example shape). */
  readonly x: Port
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
