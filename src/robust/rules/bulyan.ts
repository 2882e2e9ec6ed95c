import type { Rows } from '../rows.ts'
import { defineRule } from '../rule.ts'
import { argmin } from '../weights.ts'
import { krumScores } from './krum.ts'

/**
 * Krum, again and again on those left, selects n - 2f updates; of these, per coordinate, the mean of the n - 4f values
 * nearest to their median.
 *
 * Source: El Mhamdi et al., ICML 2018, arXiv:1802.07927. With m left, a score counts max(1, m - f - 2) neighbours: the
 * paper's m - f - 2 is less than one at the end.
 */
export const bulyan = defineRule({
  summary: 'krum selects n - 2f updates; of these the mean of the values nearest to the median of each coordinate',
  options: { f: { kind: 'byzantine', help: 'updates that may be Byzantine' } },
  minRows: ({ f }) => 4 * f + 3,
  decide: (rows, { f }) => ({
    column: { kind: 'near-median', keep: rows.count - 4 * f },
    members: selectByKrum(rows, f)
  })
})

/** The n - 2f winners, in the order in which they won. */
function selectByKrum(rows: Rows, f: number): number[] {
  const n = rows.count
  const distances = rows.squaredDistances()
  const left = Array.from({ length: n }, (_, i) => i)
  const selected: number[] = []

  while (selected.length < n - 2 * f) {
    const winner = argmin(krumScores(distances, n, left, Math.max(1, left.length - f - 2)))
    selected.push(...left.splice(winner, 1))
  }

  return selected
}
