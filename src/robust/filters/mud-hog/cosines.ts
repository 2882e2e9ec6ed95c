import type { VectorMath } from '../../../interface/vectors.ts'

/** The coordinate-wise median of `points`, shape (length), at least one of them: a new vector. */
export function medianOf(vectors: VectorMath, points: readonly Float32Array[]): Float32Array {
  const median = new Float32Array(points[0]!.length)
  vectors.columnsInto(median, points, { kind: 'median' })

  return median
}

/** Cosine of each point to `axis`; 0 where one of them is the zero vector. */
export function cosinesTo(vectors: VectorMath, points: readonly Float32Array[], axis: Float32Array): number[] {
  const squared = vectors.dot(axis, axis)

  return points.map((point) => {
    const scale = Math.sqrt(squared) * Math.sqrt(vectors.dot(point, point))
    return scale > 0 ? vectors.dot(point, axis) / scale : 0
  })
}
