import { InvalidConfigError } from '../../interface/errors.ts'
import { createLayout, type Layout } from '../../interface/params.ts'
import type { Model, ModelTensor } from './model.ts'

/** Which tensors are trained, and so exchanged: all, or the output layer alone, on a frozen extractor of features. */
export type Trainable = 'all' | 'head'

/** Two flat vectors in place of one. */
export interface SplitLayout {
  /** Tensors that keep their bits; dim 0 when all are trained. */
  readonly frozen: Layout
  /** What learners see as the model. */
  readonly trained: Layout
}

/**
 * Where the model's tensors lie: the frozen ones, which come first, in one vector, and the trained ones in another, so
 * that what is exchanged, merged and filtered is a whole vector of its own.
 *
 * @throws {InvalidConfigError} when the output layer is not the end of the model
 */
export function splitLayout(model: Model, trainable: Trainable): SplitLayout {
  const from = trainable === 'all' ? 0 : headStart(model)
  const layout = (tensors: readonly ModelTensor[]): Layout =>
    createLayout(tensors.map(({ name, shape, kind }) => ({ name, shape, kind })))

  return { frozen: layout(model.tensors.slice(0, from)), trained: layout(model.tensors.slice(from)) }
}

/** The first tensor of the output layer: a kernel of kind `head`, with nothing but its bias after it. */
function headStart({ name, tensors, classes }: Model): number {
  const start = tensors.findIndex(({ kind }) => kind === 'head')
  const after = tensors.slice(start + 1)
  const isBias = ({ kind, shape }: ModelTensor): boolean =>
    kind === 'bias' && shape.length === 1 && shape[0] === classes
  if (start === -1 || after.length > 1 || !after.every(isBias)) {
    throw new InvalidConfigError(
      `trainable: head: the model ${name} does not end in one output layer, a kernel and its bias; train all of it`
    )
  }

  return start
}
