import { symmetricEigen } from '../../math/symmetric-eigen.ts'
import { defineRule } from '../rule.ts'

/**
 * An update without weight left sets the scale of deviations only while the largest of the others is at least this
 * fraction of its own, in squares. Farther out it would slow the filter down without limit.
 */
const LEAST_PROGRESS = 0.01
/** Tens are usual, some hundreds at worst; what comes after so many changes next to nothing. */
const MAX_STEPS = 1000

/**
 * Covariance-bound-agnostic filter: takes weight from the updates that stick out along the direction of largest
 * variance, until 2f are gone, and returns the weighted mean that had the smallest largest variance on the way.
 *
 * Source: Allouah et al., arXiv:2505.01874. Exact eigenpairs, through the Gram matrix; byzfl takes one power step from
 * a random vector, so its result is random. As there, deviations are relative to the largest of all updates, those
 * without weight included, with the one exception that LEAST_PROGRESS makes.
 */
export const caf = defineRule({
  summary: 'weighted mean, after weight is taken from what sticks out along the direction of largest variance',
  options: { f: { kind: 'byzantine', help: 'updates that may be Byzantine' } },
  minRows: ({ f }) => 2 * f + 1,
  decide: (rows, { f }) => {
    const n = rows.count
    const weights = new Float64Array(n).fill(1)
    let best = { variance: Infinity, weights: normalised(weights) }
    let axes: Float64Array | undefined // they turn little from step to step

    for (let step = 0; step < MAX_STEPS && total(weights) > n - 2 * f; step++) {
      const { variance, deviations, vectors } = mainDirection(rows.gram(), rows.size, normalised(weights), axes)
      axes = vectors
      if (variance < best.variance) best = { variance, weights: normalised(weights) }
      const scale = scaleOf(deviations, weights)
      if (scale === 0) break // all that have weight are the same
      for (let i = 0; i < n; i++) weights[i]! *= Math.max(0, 1 - deviations[i]! / scale)
    }

    const decided = new Float64Array(rows.size)
    decided.set(best.weights)
    return { weights: decided }
  }
})

/** What deviations are relative to: see {@link LEAST_PROGRESS}. */
function scaleOf(deviations: Float64Array, weights: Float64Array): number {
  const largest = deviations.reduce((max, deviation) => Math.max(max, deviation), 0)
  const largestLeft = deviations.reduce((max, deviation, i) => (weights[i]! > 0 ? Math.max(max, deviation) : max), 0)

  return largestLeft < LEAST_PROGRESS * largest ? largestLeft : largest
}

/**
 * The largest eigenvalue of the weighted covariance, and the squared deviation of each row from the weighted mean along
 * its eigenvector, up to a common factor.
 *
 * @param shares - n weights that sum to 1
 * @param axes - of the last call
 */
function mainDirection(gram: Float64Array, size: number, shares: Float64Array, axes: Float64Array | undefined) {
  const n = shares.length
  const centred = centreGram(gram, size, shares)
  const roots = shares.map(Math.sqrt)
  const { values, vectors } = symmetricEigen(
    centred.map((value, at) => roots[Math.floor(at / n)]! * roots[at % n]! * value),
    n,
    axes
  )
  const direction = roots.map((root, i) => root * vectors[i]!)
  const deviations = shares.map((_, i) => {
    let along = 0
    for (let j = 0; j < n; j++) along += direction[j]! * centred[i * n + j]!
    return along * along
  })

  return { variance: values[0]!, deviations, vectors }
}

/** Inner products of the rows less their weighted mean, shape (n, n). */
function centreGram(gram: Float64Array, size: number, shares: Float64Array): Float64Array {
  const n = shares.length
  const means = shares.map((_, i) => shares.reduce((sum, w, j) => sum + w * gram[i * size + j]!, 0))
  const mean = shares.reduce((sum, w, i) => sum + w * means[i]!, 0)

  return Float64Array.from({ length: n * n }, (_, at) => {
    const i = Math.floor(at / n)
    const j = at % n
    return gram[i * size + j]! - means[i]! - means[j]! + mean
  })
}

const total = (weights: Float64Array): number => weights.reduce((sum, weight) => sum + weight, 0)

function normalised(weights: Float64Array): Float64Array {
  const sum = total(weights)

  return weights.map((weight) => weight / sum)
}
