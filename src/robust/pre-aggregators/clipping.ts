import type { Rows } from '../rows.ts'
import { definePreAggregator, type Mixing } from '../rule.ts'
import { clipFactor } from '../weights.ts'

/** Static clipping: what is longer than `c` is shortened to it. Source: as in byzfl, which writes into its input. */
export const clipping = definePreAggregator({
  summary: 'shortens updates to a length of at most c',
  options: {
    c: { kind: 'number', min: 0, max: Number.MAX_VALUE, isOpen: true, required: true, help: 'longest length' }
  },
  minRows: () => 1,
  usesOrigin: () => true,
  mix: (rows, { c }) => {
    const lengths = rows.squaredDistancesTo(rows.origin).map(Math.sqrt)

    return scale(rows, (i) => clipFactor(lengths[i]!, c))
  }
})

/**
 * Adaptive robust clipping: the k = floor(2f (n - f) / n) longest updates are shortened to the length of the longest of
 * the others.
 *
 * Source: Allouah et al., ICLR 2025, arXiv:2405.14432.
 */
export const arc = definePreAggregator({
  summary: 'shortens the longest floor(2f (n - f) / n) updates to the length of the next; for gradients',
  options: { f: { kind: 'byzantine', help: 'updates that may be Byzantine' } },
  minRows: ({ f }) => 2 * f + 1,
  usesOrigin: () => true,
  mix: (rows, { f }) => {
    const n = rows.count
    const clipped = Math.floor((2 * f * (n - f)) / n) // in whole numbers: 2f/n first may round a whole result down
    const lengths = rows.squaredDistancesTo(rows.origin).map(Math.sqrt)
    const bound = lengths.slice().sort()[n - 1 - clipped]!

    return scale(rows, (i) => clipFactor(lengths[i]!, bound))
  }
})

/** Each row goes towards the origin, to a fraction of its length. */
function scale(rows: Rows, factor: (row: number) => number): Mixing {
  const { count, size, origin, own } = rows
  const weights = new Float64Array(count * size)
  for (let i = 0; i < count; i++) {
    weights[i * size + i] = factor(i)
    weights[i * size + origin] = 1 - factor(i)
  }

  return { weights, count, own }
}
