import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  bestClasses,
  certaintyOf,
  classScore,
  modelWeights,
  weightOf
} from '../../../../src/robust/filters/bristle/weights.ts'

const f64 = (...values: number[]): Float64Array => Float64Array.from(values)

describe('bestClasses', () => {
  test('are those of the highest F1 among the candidates, of equal ones the lower', () => {
    expect(bestClasses(f64(0.9, 0.2, 0.5, 0.5, 1), [1, 2, 3, 4], 2)).toEqual([2, 4])
    expect(bestClasses(f64(0.9, 0.2), [0, 1], 3)).toEqual([0, 1])
    expect(bestClasses(f64(0.9), [], 3)).toEqual([])
  })
})

describe('certaintyOf', () => {
  test('is mean less population deviation, at least 0', () => {
    expect(certaintyOf(f64(1, 0, 0.5), [0, 2])).toBeCloseTo(0.75 - 0.25, 12)
    // mean 1/3, deviation sqrt(2) / 3
    expect(certaintyOf(f64(1, 0, 0), [0, 1, 2])).toBe(0)
    expect(certaintyOf(f64(0.8), [0])).toBeCloseTo(0.8, 12)
    expect(certaintyOf(f64(0.8), [])).toBe(0)
  })
})

describe('classScore', () => {
  test.each([
    { id: 'better: the power is 3 + own', own: 0.5, theirs: 0.7, expected: 2 ** 3.5 },
    { id: 'worse: the power is 4 + own', own: 0.7, theirs: 0.5, expected: -(2 ** 4.7) },
    { id: 'equal', own: 0.4, theirs: 0.4, expected: 0 },
    { id: 'at worst', own: 1, theirs: 0, expected: -100_000 }
  ])('$id', ({ own, theirs, expected }) => {
    expect(classScore(own, theirs)).toBeCloseTo(expected, 6)
  })
})

describe('weightOf', () => {
  test('is 1 for an equal, at most 6, and 0 from about -40.5 down, times the certainty', () => {
    expect(weightOf(0, 1)).toBe(1)
    expect(weightOf(0, 0.3)).toBeCloseTo(0.3, 12)
    expect(weightOf(1e9, 1)).toBe(6)
    expect(weightOf(100, 0.5)).toBeCloseTo(0.5 * (10 / (1 + Math.exp(-1)) - 4), 12)
    expect(weightOf(-40, 1)).toBeGreaterThan(0)
    expect(weightOf(-40.6, 1)).toBe(0)
    expect(weightOf(-Infinity, 1)).toBe(0)
  })
})

describe('modelWeights', () => {
  test('by hand', () => {
    const own = f64(0.5, 0.7, 0.9, 0)
    const theirs = f64(0.7, 0.5, 0, 0)
    const { familiar, foreign, compared } = modelWeights(own, theirs, [0, 1])

    const certainty = 0.6 - 0.1
    const [up, down] = [2 ** 3.5, -(2 ** 4.7)]
    expect(familiar[0]).toBeCloseTo(certainty * (10 / (1 + Math.exp(-up / 100)) - 4), 10)
    expect(familiar[1]).toBeCloseTo(certainty * (10 / (1 + Math.exp(-down / 100)) - 4), 10)
    expect([familiar[2], familiar[3]]).toEqual([0, 0])
    expect(foreign).toBeCloseTo(certainty * (10 / (1 + Math.exp(-(up + down) / 100)) - 4), 10)
    expect(compared).toEqual([0, 1])
  })

  test('one class far worse costs its own weight, and all of the foreign one', () => {
    const { familiar, foreign } = modelWeights(f64(1, 1, 1), f64(1, 1, 0.5), [0, 1, 2])

    expect(familiar[0]).toBeGreaterThan(0)
    expect(familiar[2]).toBe(0)
    expect(foreign).toBe(0)
  })

  test('nothing to compare: no weight', () => {
    expect(modelWeights(f64(1, 1), f64(1, 1), [])).toEqual({ familiar: f64(0, 0), foreign: 0, compared: [] })
  })

  test('weights are between 0 and 6, and grow with their F1', () => {
    const f1 = fc.double({ min: 0, max: 1, noNaN: true })
    fc.assert(
      fc.property(f1, f1, f1, (own, a, b) => {
        const [low, high] = [Math.min(a, b), Math.max(a, b)]
        const weight = (theirs: number): number => modelWeights(f64(own), f64(theirs), [0]).familiar[0]!
        expect(weight(low)).toBeGreaterThanOrEqual(0)
        expect(weight(high)).toBeLessThanOrEqual(6)
        expect(weight(high)).toBeGreaterThanOrEqual(weight(low))
      })
    )
  })
})
