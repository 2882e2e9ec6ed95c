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

/** Coordinates at a time: the sums stay in the cache while the models stream by. */
const BLOCK = 2048

/**
 * out = standard deviation of each coordinate, with n - 1 in the denominator, shape (dim); 0 for a single model, which
 * has none. One pass over the models, in float64.
 *
 * Squares are of differences to the first model, which lies within (n - 1) / sqrt(n) deviations of the mean whatever
 * the values are: so their sum is at most n times what is left when the mean's part is taken out, and cancels little.
 */
export function deviationInto(out: Float32Array, models: readonly Float32Array[]): void {
  const sums = new Float64Array(BLOCK)
  const squares = new Float64Array(BLOCK)
  for (let at = 0; at < out.length; at += BLOCK) {
    const size = Math.min(BLOCK, out.length - at)
    sums.fill(0)
    squares.fill(0)
    for (const model of models) addDifferences(sums, squares, model, models[0]!, at, size)

    const n = models.length
    for (let i = 0; i < size; i++) {
      const spread = Math.max(0, squares[i]! - sums[i]! ** 2 / n)
      out[at + i] = Math.sqrt(spread / Math.max(1, n - 1))
    }
  }
}

function addDifferences(
  sums: Float64Array,
  squares: Float64Array,
  model: Float32Array,
  first: Float32Array,
  at: number,
  size: number
): void {
  for (let i = 0; i < size; i++) {
    const difference = model[at + i]! - first[at + i]!
    sums[i]! += difference
    squares[i]! += difference * difference
  }
}
