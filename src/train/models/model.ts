import type { Layout, TensorKind } from '../../interface/params.ts'
import { createLayout } from '../../interface/params.ts'
import type { Graph, Value } from '../graph/graph.ts'
import type { TensorType } from '../program.ts'
import type { Init } from './init.ts'

/** What a model must fit: a data source's examples. */
export interface DataShape {
  /** Shape of one example: (height, width, channels) of an image, (length) of a sequence of tokens. */
  readonly shape: readonly number[]
  readonly type: TensorType
  /** Number of classes; of distinct tokens, for sequences. */
  readonly classes: number
}

export interface ModelTensor {
  readonly name: string
  /** In the layout that the operators take: (in, out) matrices, (out, in, height, width) convolution kernels. */
  readonly shape: readonly number[]
  readonly kind: TensorKind
  readonly init: Init
}

/** The graph's value of a tensor, by its name. */
export type ParamValues = (name: string) => Value

export interface Model {
  readonly name: string
  /** Shape of one example. */
  readonly exampleShape: readonly number[]
  readonly exampleType: TensorType
  /** Shape of one example's labels: () for a class, (length) for the next token at each position. */
  readonly targetShape: readonly number[]
  readonly classes: number
  readonly tensors: readonly ModelTensor[]
  /**
   * Traces what goes into the output layer, an affine map of one vector for each example; absent in models that do not
   * end in such a layer.
   *
   * @param x - shape (n, ...exampleShape)
   * @returns shape (n, width)
   */
  readonly features?: (g: Graph, params: ParamValues, x: Value) => Value
  /**
   * Traces the forward pass.
   *
   * @param x - shape (n, ...exampleShape)
   * @returns logits, shape (n, ...targetShape, classes)
   */
  forward(g: Graph, params: ParamValues, x: Value): Value
}

/** Where the model's tensors lie in the flat params vector. */
export function layoutOf(model: Model): Layout {
  return createLayout(model.tensors.map(({ name, shape, kind }) => ({ name, shape, kind })))
}
