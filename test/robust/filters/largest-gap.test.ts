import { describe, expect, test } from 'vitest'
import { largestGap } from '../../../src/robust/filters/largest-gap.ts'

describe('largestGap', () => {
  test.each([
    { id: 'nothing', values: [], expected: undefined },
    { id: 'one value', values: [3], expected: undefined },
    { id: 'two', values: [1, 4], expected: { middle: 2.5, width: 3 } },
    { id: 'in the middle', values: [0, 1, 5, 6.5], expected: { middle: 3, width: 4 } },
    { id: 'of equal ones the lowest', values: [0, 2, 3, 5], expected: { middle: 1, width: 2 } },
    { id: 'all the same', values: [7, 7, 7], expected: { middle: 7, width: 0 } }
  ])('$id', ({ values, expected }) => {
    expect(largestGap(values)).toEqual(expected)
  })
})
