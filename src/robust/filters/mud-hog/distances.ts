import type { VectorMath } from '../../../interface/vectors.ts'
import { pairwiseSquaredDistances } from '../../gram.ts'

/** Squared distances of all pairs, shape (n, n). `middle`: among them, so that near ones don't cancel to noise. */
export function squaredDistances(
  vectors: VectorMath,
  points: readonly Float32Array[],
  middle: Float32Array
): Float64Array {
  const n = points.length
  const gram = new Float64Array(n * n)
  vectors.gramInto(gram, points, middle)

  return pairwiseSquaredDistances(gram, n, n)
}
