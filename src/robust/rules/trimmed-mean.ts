import { defineRule } from '../rule.ts'

/**
 * Coordinate-wise trimmed mean: per coordinate, drop the f largest and the f smallest values and average the rest.
 *
 * Each coordinate lies within the range of the honest values.
 *
 * Source: Yin et al., ICML 2018, arXiv:1803.01498, with beta = f / n.
 */
export const trimmedMean = defineRule({
  summary: 'mean of each coordinate without its f largest and f smallest values',
  options: { f: { kind: 'byzantine', help: 'updates that may be Byzantine' } },
  minRows: ({ f }) => 2 * f + 1,
  decide: (_rows, { f }) => ({ column: { kind: 'trimmed-mean', trim: f } })
})
