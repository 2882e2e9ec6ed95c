import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { RejectedError } from '../../src/interface/errors.ts'
import { createRng } from '../../src/math/philox.ts'
import { decodeFisherInto, encodeFisher, FISHER_CODEC_ERROR, fisherBytes } from '../../src/merge/fisher-codec.ts'

const f32 = (...values: number[]) => Float32Array.from(values)
const decoded = (bytes: Uint8Array, dim: number) => {
  const out = new Float32Array(dim)
  decodeFisherInto(out, bytes)
  return out
}
const roundTrip = (values: Float32Array) => decoded(encodeFisher(values), values.length)

const information = fc.oneof(fc.constant(0), fc.float({ min: 0, noNaN: true, noDefaultInfinity: true }))

test('any vector: zeros and only they come back as zeros, the rest within the declared error', () => {
  fc.assert(
    fc.property(fc.array(information, { maxLength: 200 }), (values) => {
      const fisher = Float32Array.from(values, Math.abs)
      const bytes = encodeFisher(fisher)
      expect(bytes).toHaveLength(fisherBytes(fisher.length))
      const found = decoded(bytes, fisher.length)
      const largest = Math.max(0, ...fisher)
      for (const [i, value] of fisher.entries()) {
        expect(found[i] === 0).toBe(value === 0)
        expect(found[i]).toBeLessThanOrEqual(largest)
        if (value < Math.max(largest / 2 ** 40, 2 ** -126)) continue
        expect(Math.abs(found[i]! / value - 1)).toBeLessThanOrEqual(FISHER_CODEC_ERROR)
      }
    }),
    { numRuns: 500 }
  )
})

test('the declared error is the one that occurs, and a narrow range has a smaller one', () => {
  const rng = createRng(1, 'fisher')
  const worst = (octaves: number) => {
    const fisher = new Float32Array(20_000).map(() => 2 ** (-octaves * rng.uniform()))
    return Math.max(...roundTrip(fisher).map((value, i) => Math.abs(value / fisher[i]! - 1)))
  }
  expect(FISHER_CODEC_ERROR).toBeLessThan(0.06)
  expect(worst(40)).toBeLessThanOrEqual(FISHER_CODEC_ERROR)
  expect(worst(40)).toBeGreaterThan(0.95 * FISHER_CODEC_ERROR)
  expect(worst(10)).toBeLessThan(0.015)
})

test.each([
  { what: 'nothing', values: f32() },
  { what: 'zeros', values: f32(0, 0, 0) },
  { what: 'one value', values: f32(0.3) },
  { what: 'one value many times', values: f32(7, 0, 7) },
  { what: 'both ends', values: f32(2 ** -40, 1) }
])('$what comes back exactly', ({ values }) => {
  expect(roundTrip(values)).toEqual(values)
})

test.each([NaN, Infinity, -1e-30])('%d is not encoded', (value) => {
  expect(() => encodeFisher(f32(1, value))).toThrow(
    expect.objectContaining({ code: 'ERR_FISHER_VALUE', details: { at: 1 } })
  )
})

test('bytes of a socket may start anywhere', () => {
  const bytes = encodeFisher(f32(1, 2, 3))
  const odd = Buffer.alloc(bytes.length + 3)
  odd.set(bytes, 3)
  expect(decoded(odd.subarray(3), 3)).toEqual(decoded(bytes, 3))
})

describe('what a peer can send', () => {
  const valid = () => encodeFisher(f32(1, 2, 3, 0))
  const withFloats = (smallest: number, largest: number, codes: number[] = [0, 0, 0, 0]) => {
    const bytes = valid()
    const view = new DataView(bytes.buffer)
    view.setFloat32(8, smallest, true)
    view.setFloat32(12, largest, true)
    bytes.set(codes, 16)
    return bytes
  }

  test.each([
    { what: 'nothing', bytes: new Uint8Array(0), code: 'ERR_FISHER_MALFORMED' },
    { what: 'half a header', bytes: valid().subarray(0, 9), code: 'ERR_FISHER_MALFORMED' },
    { what: 'another format', bytes: valid().fill(0, 0, 1), code: 'ERR_FISHER_MALFORMED' },
    { what: 'too short', bytes: valid().subarray(0, 19), code: 'ERR_FISHER_MALFORMED' },
    { what: 'too long', bytes: Buffer.concat([valid(), Buffer.alloc(1)]), code: 'ERR_FISHER_MALFORMED' },
    { what: 'another dim', bytes: encodeFisher(f32(1, 2)), code: 'ERR_FISHER_DIM' },
    { what: 'NaN', bytes: withFloats(NaN, 1), code: 'ERR_FISHER_MALFORMED' },
    { what: 'infinity', bytes: withFloats(1, Infinity), code: 'ERR_FISHER_MALFORMED' },
    { what: 'infinities', bytes: withFloats(Infinity, Infinity), code: 'ERR_FISHER_MALFORMED' },
    { what: 'negative values', bytes: withFloats(-2, -1), code: 'ERR_FISHER_MALFORMED' },
    { what: 'a range upside down', bytes: withFloats(2, 1), code: 'ERR_FISHER_MALFORMED' },
    { what: 'a range that no encoder makes', bytes: withFloats(1e-30, 1), code: 'ERR_FISHER_MALFORMED' },
    { what: 'half a range', bytes: withFloats(0, 1), code: 'ERR_FISHER_MALFORMED' },
    { what: 'values where there are none', bytes: withFloats(0, 0, [0, 1, 0, 0]), code: 'ERR_FISHER_MALFORMED' },
    { what: 'values beyond a point', bytes: withFloats(1, 1, [0, 2, 0, 0]), code: 'ERR_FISHER_MALFORMED' }
  ])('$what is refused with $code', ({ bytes, code }) => {
    const out = f32(9, 9, 9, 9)
    expect(() => decodeFisherInto(out, bytes)).toThrow(expect.objectContaining({ code, verdict: 'penalise' }))
    expect([...out]).toEqual([9, 9, 9, 9])
  })

  test('anything: finite values of at least zero, or a RejectedError', () => {
    const header = Buffer.from(valid().subarray(0, 8))
    const tails = fc.uint8Array({ minLength: 12, maxLength: 12 }).map((tail) => Buffer.concat([header, tail]))
    fc.assert(
      fc.property(fc.oneof(tails, fc.uint8Array({ maxLength: 40 })), (bytes) => {
        const out = new Float32Array(4)
        try {
          decodeFisherInto(out, bytes)
        } catch (error) {
          expect(error).toBeInstanceOf(RejectedError)
        }
        expect(out.every((value) => value >= 0 && value < Infinity)).toBe(true)
      }),
      { numRuns: 1000 }
    )
  })
})
