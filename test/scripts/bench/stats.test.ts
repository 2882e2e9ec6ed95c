import { describe, expect, test } from 'vitest'
import { interleavedPairs, median } from '../../../scripts/bench/stats.ts'

describe('median', () => {
  test.each([
    { values: [7], expected: 7 },
    // as text, 10 would sort before 9
    { values: [10, 9, 100], expected: 10 },
    { values: [1, 100, 4, 2], expected: 3 }
  ])('of $values is $expected', ({ values, expected }) => {
    expect(median(values)).toBe(expected)
  })

  test('leaves its input as it was, and has no answer for nothing', () => {
    const values = [3, 1, 2]
    median(values)

    expect(values).toEqual([3, 1, 2])
    expect(() => median([])).toThrow(RangeError)
  })
})

describe('interleavedPairs', () => {
  test('takes turns in going first, leaves the warm-up out, and compares neighbours', async () => {
    const order: string[] = []
    let nowMs = 0
    let run = 0
    const take = (name: string, ms: number) => () => {
      order.push(name)
      // the first pair is slow, and everything takes twice as long from the third pair on
      nowMs += run++ < 2 ? 1000 : ms * (run > 4 ? 2 : 1)
    }

    const times = await interleavedPairs(take('a', 2), take('b', 8), { pairs: 3, now: () => nowMs })

    expect(order.join('')).toBe('abbaabba')
    expect(times).toEqual({ aMs: 4, bMs: 16, ratio: 0.25, pairs: 3 })
  })
})
