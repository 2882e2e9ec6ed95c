import { defineRule } from '../rule.ts'

/**
 * Mean around the median: per coordinate, the mean of the n - f values nearest to the median.
 *
 * Each coordinate lies at most the width of the honest values' range outside that range.
 *
 * Source: Xie et al., arXiv:1802.10116.
 */
export const meamed = defineRule({
  summary: 'mean of the n - f values of each coordinate nearest to its median',
  options: { f: { kind: 'byzantine', help: 'updates that may be Byzantine' } },
  minRows: ({ f }) => 2 * f + 1,
  decide: (rows, { f }) => ({ column: { kind: 'near-median', keep: rows.count - f } })
})
