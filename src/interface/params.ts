/** What a tensor is for; merging rules treat kinds differently. */
export type TensorKind = 'kernel' | 'bias' | 'norm' | 'embedding' | 'head'

/** One tensor's place in the flat params vector. */
export interface TensorSpec {
  readonly name: string
  readonly shape: readonly number[]
  /** First element in the flat vector. */
  readonly offset: number
  readonly kind: TensorKind
}

/** Says which tensor lies where in a flat vector of length `dim`. Tensors are contiguous, in order, without gaps. */
export interface Layout {
  readonly tensors: readonly TensorSpec[]
  readonly dim: number
}

/**
 * A model: one flat vector of length `dim`. Merging, robust rules, compressors
 * and SPSA work on it as it is; only `train` knows tensors.
 */
export type Params = Float32Array

/** Number of elements of a tensor of this shape; 1 for a scalar. */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, extent) => product * extent, 1)
}

/** Lays tensors out one after another. */
export function createLayout(tensors: readonly Omit<TensorSpec, 'offset'>[]): Layout {
  let dim = 0
  const placed = tensors.map((tensor) => {
    const offset = dim
    dim += elementCount(tensor.shape)
    return { ...tensor, offset }
  })

  return { tensors: placed, dim }
}
