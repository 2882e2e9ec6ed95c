import type { VectorMath } from '../../interface/vectors.ts'

/** out = factor * mean of `models`, shape (dim). */
export function scaledMeanInto(
  vectors: VectorMath,
  out: Float32Array,
  models: readonly Float32Array[],
  factor: number
): void {
  vectors.weightedSumInto(out, models, new Float64Array(models.length).fill(factor / models.length))
}

/**
 * out = standard deviation of each coordinate, with n - 1 in the denominator, shape (dim); 0 for a single model, which
 * has none. One pass over the models, in float64.
 *
 * Squares are of differences to the first model, which lies within (n - 1) / sqrt(n) deviations of the mean whatever
 * the values are: so their sum is at most n times what is left when the mean's part is taken out, and cancels little.
 */
export function deviationInto(out: Float32Array, models: readonly Float32Array[]): void {
  const n = models.length
  const first = models[0]!
  const degrees = Math.max(1, n - 1)
  for (let i = 0; i < out.length; i++) {
    let sum = 0
    let squares = 0
    for (let k = 1; k < n; k++) {
      const difference = models[k]![i]! - first[i]!
      sum += difference
      squares += difference * difference
    }
    out[i] = Math.sqrt(Math.max(0, squares - (sum * sum) / n) / degrees)
  }
}
