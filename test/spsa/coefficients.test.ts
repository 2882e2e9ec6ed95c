import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { InvalidConfigError, RejectedError } from '../../src/interface/errors.ts'
import { type CoefficientOptions, coefficients } from '../../src/spsa/coefficients.ts'
import { magnitudesOf } from '../../src/spsa/projection.ts'
import { FULL_RATE, rateAt, SCHEDULES } from '../../src/spsa/schedule.ts'

const job: CoefficientOptions = {
  range: { lo: 0.01, hi: 100 },
  learningRate: 1e-3,
  schedule: 'linear',
  floor: 0,
  horizon: 3000,
  queries: 1,
  nodes: 16,
  authors: 32
}
const options: fc.Arbitrary<CoefficientOptions> = fc.record({
  range: fc.constantFrom({ lo: 0.01, hi: 100 }, { lo: 1, hi: 2 }, { lo: 1e-9, hi: 1e-6 }),
  learningRate: fc.double({ min: 1e-7, max: 10, noNaN: true }),
  schedule: fc.constantFrom(...SCHEDULES),
  floor: fc.double({ min: 0, max: 1, noNaN: true }),
  horizon: fc.integer({ min: 1, max: 400 }),
  queries: fc.integer({ min: 1, max: 4 }),
  nodes: fc.integer({ min: 1, max: 20 }),
  authors: fc.integer({ min: 20, max: 40 })
})

describe('coefficients', () => {
  test('are what the learning rate says, to half a unit and the rounding of the table', () => {
    const { of, scale } = coefficients(job)
    const magnitudes = magnitudesOf(job.range)
    for (const [step, factor] of [
      [0, 1],
      [1500, 0.5],
      [2700, 0.1]
    ] as const) {
      for (let k = 1; k <= 127; k++) {
        const exact = (job.learningRate * factor * magnitudes[k]!) / (job.nodes * job.queries) / scale
        expect(Math.abs(of(k, step) + exact)).toBeLessThan(0.51 + exact * 1e-4)
        expect(of(0x80 | k, step) + of(k, step)).toBe(0)
      }
    }
    expect(of(0, 0)).toBe(0)
    expect(Object.is(of(1, 2999), -0)).toBe(false)
  })

  // worked out a second time in Python
  test('known integers, which any machine must have', () => {
    const { of, scale, maxSum } = coefficients(job)
    expect({ scale, maxSum, some: [1, 64, 0xc8, 127].map((byte) => of(byte, 1000)) }).toEqual({
      scale: 2 ** -22,
      maxSum: 1_171_321_024,
      some: [-2, -175, 311, -16_263]
    })
  })

  test('products stay below 2^53, the sum is exact and below 2^31, and half the scale would be too fine', () => {
    fc.assert(
      fc.property(options, (each) => {
        const { of, scale, maxSum } = coefficients(each)
        let sum = 0n
        for (let step = 0; step < each.horizon; step++) {
          const c = of(0xff, step)
          expect(c * 64 * FULL_RATE).toBeLessThan(2 ** 53)
          expect(Number.isInteger(c)).toBe(true)
          sum += BigInt(c) * BigInt(each.authors * each.queries)
        }
        expect(BigInt(maxSum)).toBe(sum)
        expect(maxSum).toBeLessThan(2 ** 31)
        expect(Number.isInteger(Math.log2(scale))).toBe(true)
        if (scale > 2 ** -60) expect(maxSum).toBeGreaterThan(2 ** 30 * 0.999)
      }),
      { numRuns: 100 }
    )
  })

  test('never grow when the magnitude falls', () => {
    const { of } = coefficients({ ...job, schedule: 'inverse-sqrt' })
    for (let k = 1; k < 127; k++) expect(of(0x80 | (k + 1), 17)).toBeGreaterThanOrEqual(of(0x80 | k, 17))
  })

  test('a range too wide for the job is refused, with what to change', () => {
    const wide = { ...job, range: { lo: 1e-8, hi: 1e8 } }
    expect(() => coefficients(wide)).toThrow(InvalidConfigError)
    expect(() => coefficients(wide)).toThrow(/Narrow the range/)
    expect(() => coefficients({ ...job, horizon: 1_000_000 })).toThrow(/fewer steps/)
  })

  test.each([
    { learningRate: 0 },
    { learningRate: NaN },
    { learningRate: 1e30 },
    { floor: -0.1 },
    { floor: 1.1 },
    { horizon: 0 },
    { horizon: 1.5 },
    { queries: 0 },
    { nodes: 0 },
    { schedule: 'cosine' as 'linear' }
  ])('%j is refused', (bad) => {
    expect(() => coefficients({ ...job, ...bad })).toThrow(InvalidConfigError)
  })

  test('a step or byte that the job does not have', () => {
    const { of } = coefficients(job)
    expect(() => of(1, 3000)).toThrow(RangeError)
    expect(() => of(1, -1)).toThrow(RangeError)
    expect(() => of(0x80, 0)).toThrow(RejectedError)
  })
})

describe('the learning rate', () => {
  const at = (schedule: 'constant' | 'linear' | 'inverse-sqrt', step: number, floor = 0): number =>
    rateAt({ schedule, horizon: 1000, floor }, step) / FULL_RATE

  test.each([
    { id: 'constant', rates: [1, 1, 1], of: (step: number) => at('constant', step) },
    { id: 'linear', rates: [1, 0.5, 0.001], of: (step: number) => at('linear', step) },
    { id: 'linear with a floor', rates: [1, 0.6, 0.6], of: (step: number) => at('linear', step, 0.6) },
    {
      id: 'inverse-sqrt',
      rates: [1, Math.sqrt(1 / 6), Math.sqrt(100 / 1099)],
      of: (step: number) => at('inverse-sqrt', step)
    }
  ])('$id at the start, the middle and the end', ({ rates, of }) => {
    for (const [i, step] of [0, 500, 999].entries()) expect(of(step)).toBeCloseTo(rates[i]!, 4)
  })
})
