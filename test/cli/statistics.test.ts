import { expect, test } from 'vitest'
import { meanOf, medianOf } from '../../src/cli/statistics.ts'

test('a mean lies between its values, also where the sum is rounded', () => {
  const values = new Array<number>(8).fill(0.9315)
  const rounded = values.reduce((sum, value) => sum + value, 0) / values.length
  expect(meanOf(values)).toBe(0.9315)
  expect(meanOf([0.1, 0.1, 0.1])).toBe(0.1)
  expect((0.1 + 0.1 + 0.1) / 3).not.toBe(0.1)
  expect(Math.abs(rounded - 0.9315)).toBeLessThan(1e-12)
  expect(meanOf([1, 2, 6])).toBe(3)
  expect(meanOf([])).toBeUndefined()
})

test('a median is a value that occurred', () => {
  expect(medianOf([4, 1, 3, 2])).toBe(2)
  expect(medianOf([])).toBeUndefined()
})
