import { defineRule } from '../rule.ts'
import { meanOf } from '../weights.ts'

/** The plain mean: tolerates nobody, and is what every other rule is measured against. */
export const mean = defineRule({
  summary: 'plain mean; no protection at all',
  options: {},
  minRows: () => 1,
  decide: (rows) => ({ weights: meanOf(allRows(rows.count), rows.size) })
})

const allRows = (count: number): number[] => Array.from({ length: count }, (_, i) => i)
