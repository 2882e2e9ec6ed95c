import { describe, expect, test } from 'vitest'
import {
  formatBar,
  formatBytes,
  formatClasses,
  formatFixed,
  formatPercent,
  formatSeconds,
  formatTable,
  shortPeer
} from '../../src/cli/format.ts'

describe('formatBytes', () => {
  test.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.00 kB'],
    [1234567, '1.23 MB'],
    [12_345_678, '12.3 MB'],
    [999_999, '1.00 MB'],
    [123_456_789, '123 MB'],
    [5e12, '5.00 TB'],
    [5e15, '5000 TB']
  ])('%d is %s', (bytes, text) => expect(formatBytes(bytes)).toBe(text))
})

test.each([
  [0.04, '0.0 s'],
  [59.94, '59.9 s'],
  [59.96, '1 min 0 s'],
  [119.6, '2 min 0 s'],
  [3725, '62 min 5 s']
])('formatSeconds %d is %s', (seconds, text) => expect(formatSeconds(seconds)).toBe(text))

test('formatClasses joins runs', () => {
  expect(formatClasses([3, 1, 2, 0, 0, 9, 0, 1, 1])).toBe('0-2,5,7,8')
  expect(formatClasses([0, 0])).toBe('')
})

test('formatPercent and shortPeer have a dash for what is not known', () => {
  expect(formatPercent(undefined)).toBe('-')
  expect(formatPercent(0.95149)).toBe('95.1 %')
  expect(shortPeer(undefined)).toBe('-')
  expect(shortPeer('12D3KooWabcdefgh')).toBe('..abcdefgh')
})

test.each([null, NaN, Infinity])('%s is no number', (value) => {
  const texts = [formatFixed(value, 2), formatBytes(value), formatPercent(value), formatSeconds(value)]

  expect(new Set(texts)).toEqual(new Set(['not a number']))
})

test('formatBar never leaves its width', () => {
  for (const fraction of [-1, 0, 0.333, 1, 7]) expect([...formatBar(fraction, 9)]).toHaveLength(9)
})

test('formatTable aligns columns under their headings', () => {
  expect(
    formatTable(
      ['n', 'name'],
      [
        ['1', 'ada'],
        ['10', 'b']
      ],
      ['right', 'left']
    )
  ).toBe([' n  name', '--  ----', ' 1  ada', '10  b'].join('\n'))
})
