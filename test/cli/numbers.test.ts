import { expect, test } from 'vitest'
import { nonNegativeNumber, positiveNumber, wholeNumber } from '../../src/cli/numbers.ts'

test.each(['abc', '', ' ', 'NaN', 'Infinity', '-1'])('%j is no number for a flag', (text) => {
  for (const parse of [nonNegativeNumber, positiveNumber, wholeNumber(0, 9)]) expect(() => parse(text)).toThrow()
})

test('zero is a number of seconds where it means none', () => {
  expect(nonNegativeNumber('0')).toBe(0)
  expect(nonNegativeNumber('0.5')).toBe(0.5)
  expect(() => positiveNumber('0')).toThrow()
})
