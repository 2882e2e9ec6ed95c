import { defineRule } from '../rule.ts'
import { meanOf, smallest } from '../weights.ts'

/**
 * Nearest neighbour averaging: the mean of the n - f updates nearest to the own one, which is among them.
 *
 * Source: Farhadkhani et al., ICML 2023, arXiv:2210.07115 (MoNNA).
 */
export const monna = defineRule({
  summary: 'mean of the n - f updates nearest to the own one',
  options: { f: { kind: 'byzantine', help: 'updates that may be Byzantine' } },
  minRows: ({ f }) => 2 * f + 1,
  needsOwn: () => true,
  decide: (rows, { f }) => {
    const nearest = smallest(rows.squaredDistancesTo(rows.own!), rows.count - f)

    return { weights: meanOf(nearest, rows.size) }
  }
})
