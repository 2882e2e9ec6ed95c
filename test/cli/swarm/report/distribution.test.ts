import fc from 'fast-check'
import { expect, test } from 'vitest'
import { binValues } from '../../../../src/cli/swarm/report/distribution.ts'

test('few different values have a bin each', () => {
  expect(binValues([3, 1, 3, 7])).toEqual([
    { from: 1, to: 1, count: 1 },
    { from: 3, to: 3, count: 2 },
    { from: 7, to: 7, count: 1 }
  ])
})

test('whole numbers get bins between whole numbers', () => {
  const bins = binValues(Array.from({ length: 30 }, (_, i) => i))

  expect(bins[0]).toEqual({ from: 0, to: 2, count: 3 })
  expect(bins.at(-1)).toEqual({ from: 27, to: 29, count: 3 })
})

test('every value is in one bin, and in one that names it', () => {
  const values = fc.oneof(
    fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 1, maxLength: 200 }),
    fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 200 })
  )

  fc.assert(
    fc.property(values, (list) => {
      const bins = binValues(list)
      expect(bins.reduce((sum, { count }) => sum + count, 0)).toBe(list.length)
      for (const value of list) {
        expect(bins.some(({ from, to, count }) => count > 0 && value >= from - 1e-9 && value <= to + 1e-9)).toBe(true)
      }
    })
  )
})
