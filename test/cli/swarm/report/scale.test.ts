import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { linearScale, ticks, timeTicks } from '../../../../src/cli/swarm/report/scale.ts'

describe('linearScale', () => {
  test('maps ends to ends, also downwards', () => {
    const scale = linearScale([10, 20], [300, 100])
    expect([10, 15, 20].map(scale)).toEqual([300, 200, 100])
  })

  test('an empty domain is in the middle', () => {
    expect(linearScale([5, 5], [0, 10])(5)).toBe(5)
  })
})

describe('ticks', () => {
  test.each([
    { from: 0, to: 100, count: 6, expected: [0, 20, 40, 60, 80, 100] },
    { from: 70, to: 100, count: 6, expected: [70, 75, 80, 85, 90, 95, 100] },
    { from: 0, to: 0.6, count: 6, expected: [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6] },
    { from: 0, to: 41.7, count: 4, expected: [0, 20, 40] },
    { from: 3, to: 3, count: 4, expected: [3] }
  ])('from $from to $to', ({ from, to, count, expected }) => {
    expect(ticks(from, to, count)).toEqual(expected)
  })

  test('are few, inside, evenly spaced and round', () => {
    const positive = fc.double({ min: 1e-3, max: 1e7, noNaN: true })
    fc.assert(
      fc.property(positive, fc.integer({ min: 2, max: 12 }), (to, count) => {
        const values = ticks(0, to, count)
        expect(values.length).toBeGreaterThanOrEqual(1)
        expect(values.length).toBeLessThanOrEqual(count + 1)
        expect(values.at(-1)!).toBeLessThanOrEqual(to * (1 + 1e-9))
        for (const [i, value] of values.entries()) expect(value).toBeCloseTo(i * (values[1] ?? 0), 6)
        if (values[1] !== undefined) expect(values[1].toExponential()).toMatch(/^[125]e/)
      })
    )
  })
})

describe('timeTicks', () => {
  test.each([
    { until: 0, expected: ['0'] },
    { until: 40, expected: ['0', '10 s', '20 s', '30 s', '40 s'] },
    { until: 600, expected: ['0', '5 min', '10 min'] },
    { until: 4 * 3600, expected: ['0', '1 h', '2 h', '3 h', '4 h'] }
  ])('$until s', ({ until, expected }) => {
    expect(timeTicks(until, 4).map(({ label }) => label)).toEqual(expected)
  })

  test('a label stands at its time', () => {
    expect(timeTicks(600, 4).at(-1)).toEqual({ seconds: 600, label: '10 min' })
  })
})
