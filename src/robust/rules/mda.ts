import { defineRule } from '../rule.ts'
import { meanOf } from '../weights.ts'
import { cheapestSubset, checkSubsets } from './subsets.ts'

/**
 * Minimum diameter averaging: the mean of the n - f updates of which the two farthest apart are nearest; of equal
 * subsets, the first in lexicographic order.
 *
 * It lies at most 2f / (n - f) diameters of the honest ones from their mean.
 *
 * Source: El Mhamdi et al., arXiv:1911.07537; Farhadkhani et al., ICML 2022, arXiv:2205.12173, for the bound.
 * Cost: n choose f subsets, fewer where parts of them are too wide already.
 */
export const mda = defineRule({
  summary: 'mean of the n - f updates with the smallest diameter',
  options: { f: { kind: 'byzantine', help: 'updates that may be Byzantine' } },
  minRows: ({ f }) => 2 * f + 1,
  decide: (rows, { f }) => {
    const n = rows.count
    checkSubsets('mda', n, f)
    const distances = rows.squaredDistances()
    const diameters: number[] = [] // of the first one, two, ... chosen
    const diameter = (chosen: readonly number[]): number => {
      const last = chosen.length - 1
      let widest = diameters[last - 1] ?? 0
      for (const other of chosen) widest = Math.max(widest, distances[chosen[last]! * n + other]!)
      diameters[last] = widest
      return widest
    }

    const tightest = cheapestSubset({ n, size: n - f, lowerBound: diameter, cost: () => diameters[n - f - 1]! })
    return { weights: meanOf(tightest, rows.size) }
  }
})
