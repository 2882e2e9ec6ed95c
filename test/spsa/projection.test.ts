import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { InvalidConfigError, RejectedError } from '../../src/interface/errors.ts'
import { isProjectionByte, magnitudesOf, ProjectionCodec, stepRatio } from '../../src/spsa/projection.ts'

const range = { lo: 1e-3, hi: 1e3 }
const codec = new ProjectionCodec(range)
const bytes = Array.from({ length: 256 }, (_, byte) => byte).filter(isProjectionByte)
/** Spread over the range and some way beyond both ends. */
const projection = fc
  .tuple(fc.double({ min: -8, max: 8, noNaN: true }), fc.constantFrom(1, -1))
  .map(([exponent, sign]) => sign * 2 ** (exponent * 2))

describe('the byte of a projection', () => {
  test('255 bytes mean something, each something else, and come back', () => {
    expect(bytes.length).toBe(255)
    expect(new Set(bytes.map((byte) => codec.decode(byte))).size).toBe(255)
    for (const byte of bytes) expect(codec.encode(codec.decode(byte))).toBe(byte)
  })

  test('is off by at most the square root of the ratio of two magnitudes', () => {
    const most = Math.sqrt(stepRatio(range)) * (1 + 1e-12)
    const [smallest, largest] = [codec.magnitudes[1]!, codec.magnitudes[127]!]
    fc.assert(
      fc.property(projection, (g) => {
        fc.pre(Math.abs(g) >= smallest / most && Math.abs(g) <= largest * most)
        const factor = codec.decode(codec.encode(g)) / g
        expect(factor).toBeGreaterThanOrEqual(1 / most)
        expect(factor).toBeLessThanOrEqual(most)
      }),
      { numRuns: 1000 }
    )
  })

  test('is the nearest of all on the logarithmic scale', () => {
    fc.assert(
      fc.property(projection, (g) => {
        fc.pre(Math.abs(g) >= codec.magnitudes[1]!)
        const distance = (byte: number): number => Math.abs(Math.log(codec.decode(byte) / g))
        const same = bytes.filter((byte) => byte !== 0 && codec.decode(byte) > 0 === g > 0)
        expect(distance(codec.encode(g))).toBeLessThanOrEqual(Math.min(...same.map(distance)) + 1e-12)
      }),
      { numRuns: 300 }
    )
  })

  test('grows with the projection', () => {
    fc.assert(
      fc.property(projection, projection, (a, b) => {
        const [x, y] = [codec.decode(codec.encode(a)), codec.decode(codec.encode(b))]
        expect(Math.sign(x - y) * Math.sign(a - b)).toBeGreaterThanOrEqual(0)
      }),
      { numRuns: 500 }
    )
  })

  test.each([
    { id: 'zero', g: 0, byte: 0 },
    { id: 'negative zero', g: -0, byte: 0 },
    { id: 'not a number', g: NaN, byte: 0 },
    { id: 'infinite', g: Infinity, byte: 0 },
    { id: 'infinite and negative', g: -Infinity, byte: 0 },
    { id: 'below half the smallest', g: 0.499 * codec.magnitudes[1]!, byte: 0 },
    { id: 'above half the smallest', g: -0.501 * codec.magnitudes[1]!, byte: 0x81 },
    { id: 'beyond the largest', g: 1e300, byte: 0x7f },
    { id: 'beyond the largest and negative', g: -1e300, byte: 0xff }
  ])('$id', ({ g, byte }) => {
    expect(codec.encode(g)).toBe(byte)
  })

  test.each([0x80, 256, -1, 1.5, NaN])('%d is no byte of a projection', (byte) => {
    expect(isProjectionByte(byte)).toBe(false)
    expect(() => codec.decode(byte)).toThrow(RejectedError)
    expect(() => codec.decode(byte)).toThrow(expect.objectContaining({ code: 'ERR_PROJECTION_BYTE' }))
  })
})

describe('magnitudes', () => {
  test('are evenly spaced on the logarithmic scale, inside the range', () => {
    const magnitudes = magnitudesOf(range)
    for (let k = 0; k <= 127; k++) expect(magnitudes[k]! / (1e-3 * 1e6 ** (k / 128))).toBeCloseTo(1, 12)
    expect(magnitudes[127]).toBeLessThan(1e3)
  })

  // worked out a second time in Python
  test('known doubles, which any machine must have', () => {
    const magnitudes = magnitudesOf({ lo: 2 ** -8, hi: 2 ** 8 })
    const hex = (value: number): string => Buffer.from(Float64Array.of(value).buffer).readBigUInt64LE().toString(16)
    expect([1, 64, 127].map((k) => hex(magnitudes[k]!))).toEqual([
      '3f7172b83c7d517b',
      '3ff0000000000008',
      '406d5818dcfba4a3'
    ])
  })

  test.each([
    { lo: 0, hi: 1 },
    { lo: 1, hi: 1 },
    { lo: 2, hi: 1 },
    { lo: NaN, hi: 1 },
    { lo: 1, hi: Infinity },
    { lo: 1e-30, hi: 1e30 }
  ])('from $lo to $hi is no range', (bad) => {
    expect(() => new ProjectionCodec(bad)).toThrow(InvalidConfigError)
  })
})
