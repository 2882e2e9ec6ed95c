import type { TensorKind } from '../../src/interface/params.ts'
import { createLayout } from '../../src/interface/params.ts'
import type { Rng } from '../../src/interface/rng.ts'
import type { Update } from '../../src/merge/update.ts'

/** An update from nobody in particular. */
export const updateOf = (params: Float32Array, examples = 1): Update => ({ peer: 'p', round: 1, examples, params })

/** One tensor of so many elements. */
export const flatLayout = (dim: number, kind: TensorKind = 'kernel') =>
  createLayout([{ name: 'layer0.kernel', shape: [dim], kind }])

/** Layout of an MLP as `train` lays it out: kernels [in, out], a bias after each, the last kernel a head. */
export const mlpLayout = (widths: readonly number[]) =>
  createLayout(
    widths.slice(1).flatMap((width, i) => [
      {
        name: `layer${i}.kernel`,
        shape: [widths[i]!, width],
        kind: i === widths.length - 2 ? 'head' : 'kernel'
      } as const,
      { name: `layer${i}.bias`, shape: [width], kind: 'bias' } as const
    ])
  )

export const normals = (rng: Rng, dim: number, stdDev = 1): Float32Array =>
  new Float32Array(dim).map(() => rng.normal() * stdDev)

/** Population variance by its definition. */
export function varianceOf(values: Float32Array): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length

  return values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length
}
