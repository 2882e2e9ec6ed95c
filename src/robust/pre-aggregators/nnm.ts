import { definePreAggregator } from '../rule.ts'
import { smallest } from '../weights.ts'

/**
 * Nearest neighbour mixing: each update becomes the mean of the n - f updates nearest to it, itself included.
 *
 * Source: Allouah et al., AISTATS 2023, arXiv:2302.01772: with it before them, robust rules stay as good as can be
 * when the nodes' data differ.
 */
export const nnm = definePreAggregator({
  summary: 'each update becomes the mean of its n - f nearest; for nodes whose data differ',
  options: { f: { kind: 'byzantine', help: 'updates that may be Byzantine' } },
  minRows: ({ f }) => 2 * f + 1,
  mix: (rows, { f }) => {
    const { count: n, size, own } = rows
    const distances = rows.squaredDistances()
    const weights = new Float64Array(n * size)
    for (let i = 0; i < n; i++) {
      const nearest = smallest(distances.subarray(i * n, (i + 1) * n), n - f)
      for (const j of nearest) weights[i * size + j] = 1 / (n - f)
    }

    return { weights, count: n, own }
  }
})
