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
  for (let a = 1; a < members.length; a++) {
    for (let b = 0; b < a; b++) sum += distances[members[a]! * n + members[b]!]!
  }

  return sum / members.length
}

/** Inner products of the members less their mean, from squared distances alone; shape (k, k). */
function centred(distances: Float64Array, n: number, members: readonly number[]): Float64Array {
  const k = members.length
  const matrix = new Float64Array(k * k)
  const means = new Float64Array(k)
  let mean = 0
  for (let i = 0; i < k; i++) {
    for (let j = 0; j < k; j++) means[i]! += distances[members[i]! * n + members[j]!]! / k
    mean += means[i]! / k
  }
  for (let i = 0; i < k; i++) {
    for (let j = 0; j < k; j++) {
      matrix[i * k + j] = (means[i]! + means[j]! - mean - distances[members[i]! * n + members[j]!]!) / 2
    }
  }

  return matrix
}

/** The largest eigenvalue, or Infinity when it is at least `enough`: which most are, and costs less to find out. */
function topEigenvalue(matrix: Float64Array, k: number, enough: number): number {
  return enough === Infinity || isBelow(matrix, k, enough) ? symmetricEigen(matrix, k).values[0]! : Infinity
}

/** Whether all eigenvalues are below `bound`: then, and only then, bound I - A has a Cholesky factor. */
function isBelow(matrix: Float64Array, k: number, bound: number): boolean {
  const factor = new Float64Array(k * k)
  for (let i = 0; i < k; i++) {
    for (let j = 0; j <= i; j++) {
      let rest = (i === j ? bound : 0) - matrix[i * k + j]!
      for (let m = 0; m < j; m++) rest -= factor[i * k + m]! * factor[j * k + m]!
      if (i === j && !(rest > 0)) return false
      factor[i * k + j] = i === j ? Math.sqrt(rest) : rest / factor[j * k + j]!
    }
  }

  return true
}
