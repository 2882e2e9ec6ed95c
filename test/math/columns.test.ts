import { describe, expect, test } from 'vitest'
import type { ColumnRule } from '../../src/interface/vectors.ts'
import { columnsInto, windowOf } from '../../src/math/columns.ts'

function ofColumn(column: readonly number[], rule: ColumnRule): number {
  const out = new Float32Array(1)
  columnsInto(
    out,
    column.map((value) => Float32Array.of(value)),
    rule
  )

  return out[0]!
}

describe('columnsInto', () => {
  test.each<{ id: string; column: number[]; rule: ColumnRule; expected: number }>([
    { id: 'median, odd', column: [5, -1, 3], rule: { kind: 'median' }, expected: 3 },
    { id: 'median, even: mean of the middle two', column: [8, 1, 3, 6], rule: { kind: 'median' }, expected: 4.5 },
    { id: 'median of one', column: [7], rule: { kind: 'median' }, expected: 7 },
    { id: 'median that float32 would overflow on', column: [3e38, 3e38], rule: { kind: 'median' }, expected: 3e38 },
    { id: 'zero is +0', column: [-0, -0, -0], rule: { kind: 'median' }, expected: 0 },
    { id: 'trimmed', column: [100, 1, 2, 6, -50], rule: { kind: 'trimmed-mean', trim: 1 }, expected: 3 },
    { id: 'trimmed by none', column: [1, 2, 6], rule: { kind: 'trimmed-mean', trim: 0 }, expected: 3 },
    { id: 'trimmed to the median', column: [9, 1, 4], rule: { kind: 'trimmed-mean', trim: 1 }, expected: 4 },
    { id: 'near the median, above', column: [0, 10, 11, 12, 14], rule: { kind: 'near-median', keep: 3 }, expected: 11 },
    { id: 'near, all above', column: [0, 10, 11, 12, 13], rule: { kind: 'near-median', keep: 4 }, expected: 11.5 },
    { id: 'near, a tie: the smaller', column: [1, 3, 5], rule: { kind: 'near-median', keep: 2 }, expected: 2 },
    { id: 'nearest of an even number', column: [0, 2, 3, 9], rule: { kind: 'near-median', keep: 1 }, expected: 2 },
    { id: 'near, all', column: [0, 3, 9], rule: { kind: 'near-median', keep: 3 }, expected: 4 }
  ])('$id', ({ column, rule, expected }) => {
    expect(ofColumn(column, rule)).toBe(Math.fround(expected))
  })
})

describe('windowOf refuses what leaves no value', () => {
  test.each<{ n: number; rule: ColumnRule }>([
    { n: 0, rule: { kind: 'median' } },
    { n: 4, rule: { kind: 'trimmed-mean', trim: 2 } },
    { n: 4, rule: { kind: 'trimmed-mean', trim: -1 } },
    { n: 4, rule: { kind: 'trimmed-mean', trim: 0.5 } },
    { n: 4, rule: { kind: 'near-median', keep: 0 } },
    { n: 4, rule: { kind: 'near-median', keep: 5 } },
    { n: 4, rule: { kind: 'near-median', keep: 1.5 } }
  ])('n = $n, $rule', ({ n, rule }) => {
    expect(() => windowOf(n, rule)).toThrow(RangeError)
  })
})
