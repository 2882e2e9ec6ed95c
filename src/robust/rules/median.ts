import { defineRule } from '../rule.ts'

/**
 * Coordinate-wise median; the mean of the two middle values when n is even.
 *
 * Each coordinate lies within the range of the honest values while they are the majority.
 *
 * Source: Yin et al., ICML 2018, arXiv:1803.01498.
 */
export const median = defineRule({
  summary: 'median of each coordinate',
  options: {},
  minRows: () => 1,
  decide: () => ({ column: { kind: 'median' } })
})
