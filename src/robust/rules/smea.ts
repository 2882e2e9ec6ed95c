import { symmetricEigen } from '../../math/symmetric-eigen.ts'
import { defineRule } from '../rule.ts'
import { meanOf } from '../weights.ts'
import { cheapestSubset, checkSubsets } from './subsets.ts'

/**
 * Smallest maximum eigenvalue averaging: the mean of the n - f updates whose covariance has the smallest largest
 * eigenvalue; of equal subsets, the first in lexicographic order.
 *
 * Source: Allouah et al., ICML 2023, arXiv:2302.04787. Exact eigenvalues, through the Gram matrix; byzfl takes one
 * power step from a random vector, and picks wrong subsets at times.
 * Cost: n choose f subsets at worst; most are ruled out by a bound.
 */
export const smea = defineRule({
  summary: 'mean of the n - f updates whose covariance has the smallest top eigenvalue',
  options: { f: { kind: 'byzantine', help: 'updates that may be Byzantine' } },
  minRows: ({ f }) => 2 * f + 1,
  decide: (rows, { f }) => {
    const n = rows.count
    checkSubsets('smea', n, f)
    const distances = rows.squaredDistances()
    const size = n - f

    const flattest = cheapestSubset({
      n,
      size,
      lowerBound: (chosen) => scatterTrace(distances, n, chosen) / Math.max(1, chosen.length - 1) / size,
      cost: (chosen, best) => topEigenvalue(centred(distances, n, chosen), size, best * size) / size
    })
    return { weights: meanOf(flattest, rows.size) }
  }
})

/** Trace of the sum of (x - mean)(x - mean)': no eigenvalue of a larger subset's is below its share of it. */
function scatterTrace(distances: Float64Array, n: number, members: readonly number[]): number {
  let sum = 0
  for (const i of members) for (const j of members) if (j > i) sum += distances[i * n + j]!

  return sum / members.length
}

/** Inner products of the members less their mean, from squared distances alone; shape (k, k). */
function centred(distances: Float64Array, n: number, members: readonly number[]): Float64Array {
  const k = members.length
  const means = members.map((i) => members.reduce((sum, j) => sum + distances[i * n + j]!, 0) / k)
  const mean = means.reduce((sum, value) => sum + value, 0) / k

  return Float64Array.from({ length: k * k }, (_, at) => {
    const i = Math.floor(at / k)
    const j = at % k
    return -(distances[members[i]! * n + members[j]!]! - means[i]! - means[j]! + mean) / 2
  })
}

/** Steps that show most subsets to be worse than the best so far. */
const POWER_STEPS = 3

/** The largest eigenvalue, or Infinity once it is known to be at least `enough`. */
function topEigenvalue(matrix: Float64Array, k: number, enough: number): number {
  return rayleigh(matrix, k) >= enough ? Infinity : symmetricEigen(matrix, k).values[0]!
}

/** A lower bound of the largest eigenvalue: a Rayleigh quotient, after a few power steps from the longest row. */
function rayleigh(matrix: Float64Array, k: number): number {
  let longest = 0
  for (let i = 1; i < k; i++) if (matrix[i * k + i]! > matrix[longest * k + longest]!) longest = i
  let vector = unit(matrix.slice(longest * k, (longest + 1) * k))

  let quotient = 0
  for (let step = 0; step < POWER_STEPS; step++) {
    const next = times(matrix, k, vector)
    quotient = next.reduce((sum, value, i) => sum + value * vector[i]!, 0)
    vector = unit(next)
  }

  return quotient
}

function times(matrix: Float64Array, k: number, vector: Float64Array): Float64Array {
  return vector.map((_, i) => vector.reduce((sum, value, j) => sum + matrix[i * k + j]! * value, 0))
}

function unit(vector: Float64Array): Float64Array {
  const length = Math.hypot(...vector)

  return length === 0 ? vector : vector.map((value) => value / length)
}
