import { expect, test } from 'vitest'
import { maxOf, meanOf, medianOf, minOf } from '../../src/cli/statistics.ts'

test('the median is a value that occurred', () => {
  expect(medianOf([9, 1, 4])).toBe(4)
  expect(medianOf([9, 1, 4, 5])).toBe(4)
  expect(medianOf([])).toBeUndefined()
})

test('of nothing there is no mean, and of very many values a largest', () => {
  expect(meanOf([])).toBeUndefined()
  const many = Array.from({ length: 1_000_000 }, (_, i) => i)
  expect([minOf(many), maxOf(many), meanOf(many)]).toEqual([0, 999_999, 499_999.5])
})

test('a mean lies between its values, also where the sum is rounded', () => {
  expect((0.1 + 0.1 + 0.1) / 3).toBeGreaterThan(0.1)
  expect(meanOf([0.1, 0.1, 0.1])).toBe(0.1)
  expect(meanOf(new Array<number>(8).fill(0.9315))).toBe(0.9315)
})
