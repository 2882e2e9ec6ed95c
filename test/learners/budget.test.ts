import { describe, expect, test } from 'vitest'
import { learningRateAt, progressOf } from '../../src/learners/budget.ts'

describe('progressOf', () => {
  test.each([
    { budget: {}, rounds: 99, elapsedMs: 1e9, expected: 0 },
    { budget: { rounds: 10 }, rounds: 3, elapsedMs: 1e9, expected: 0.3 },
    { budget: { seconds: 10 }, rounds: 99, elapsedMs: 4000, expected: 0.4 },
    { budget: { rounds: 10, seconds: 10 }, rounds: 3, elapsedMs: 4000, expected: 0.4 },
    { budget: { rounds: 10 }, rounds: 12, elapsedMs: 0, expected: 1 }
  ])('$budget after $rounds rounds and $elapsedMs ms is $expected', ({ budget, rounds, elapsedMs, expected }) => {
    expect(progressOf(budget, rounds, elapsedMs)).toBeCloseTo(expected, 12)
  })
})

describe('learningRateAt', () => {
  const cosine = (progress: number) => learningRateAt({ peak: 0.1, schedule: 'cosine' }, progress)

  test('constant is constant', () => {
    for (const progress of [0, 0.5, 1]) expect(learningRateAt({ peak: 0.1, schedule: 'constant' }, progress)).toBe(0.1)
  })

  test('cosine warms up from a tenth, is near its peak at a twentieth, half at the middle, and ends at two percent', () => {
    expect(cosine(0)).toBeCloseTo(0.01, 9)
    expect(cosine(0.05)).toBeGreaterThan(0.099)
    expect(cosine(0.5)).toBeCloseTo(0.051, 9)
    expect(cosine(1)).toBeCloseTo(0.002, 9)
  })

  test('cosine never rises again after the warm-up', () => {
    const rates = Array.from({ length: 96 }, (_, i) => cosine(0.05 + i / 100))
    expect(rates).toEqual([...rates].sort((a, b) => b - a))
  })
})
