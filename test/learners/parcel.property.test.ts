import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { RejectedError } from '../../src/interface/errors.ts'
import { decodeParcelInto, encodeParcel, type Parcel, parcelBytes } from '../../src/learners/parcel.ts'
import { FISHER_CODEC_ERROR } from '../../src/merge/fisher-codec.ts'
import { encodeModel } from '../../src/wire/model-codec.ts'

const DIM = 7
const param = fc.float({ noNaN: true, noDefaultInfinity: true })
const information = fc.float({ min: Math.fround(1e-6), max: Math.fround(1e3), noNaN: true })
const vectorOf = (value: fc.Arbitrary<number>) =>
  fc.array(value, { minLength: DIM, maxLength: DIM }).map((values) => Float32Array.from(values))
const parcels = fc.record({ params: vectorOf(param), fisher: vectorOf(information) })
const room = (hasFisher: boolean): Parcel => ({
  params: new Float32Array(DIM),
  ...(hasFisher ? { fisher: new Float32Array(DIM) } : {})
})

/** What becomes of bytes: the code and verdict they are refused with, or undefined. Anything else thrown is a bug. */
function refusal(bytes: Uint8Array, hasFisher: boolean): string | undefined {
  try {
    decodeParcelInto(bytes, room(hasFisher))
    return undefined
  } catch (error) {
    if (!(error instanceof RejectedError)) throw error
    return `${error.code} ${error.verdict}`
  }
}

describe('a parcel', () => {
  test('is the encoded model, and the Fisher vector after it, as long as announced', () => {
    fc.assert(
      fc.property(parcels, ({ params, fisher }) => {
        const bytes = encodeParcel({ params, fisher })
        expect(bytes).toHaveLength(parcelBytes(DIM, { hasFisher: true }))
        expect(bytes.subarray(0, parcelBytes(DIM, { hasFisher: false }))).toEqual(encodeModel(params))
        const out = room(true)
        decodeParcelInto(bytes, out)
        expect(out.params).toEqual(params)
        for (const [i, value] of fisher.entries()) {
          expect(Math.abs(out.fisher![i]! / value - 1)).toBeLessThanOrEqual(FISHER_CODEC_ERROR)
        }
      })
    )
  })

  test('without Fisher vector is the encoded model', () => {
    const params = Float32Array.of(1, 2, 3, 4, 5, 6, 7)
    expect(encodeParcel({ params })).toEqual(encodeModel(params))
    const out = room(false)
    decodeParcelInto(encodeParcel({ params }), out)
    expect(out).toEqual({ params })
  })

  test('what is not due is refused: a Fisher vector too many, or one too few', () => {
    const [params, fisher] = [new Float32Array(DIM), new Float32Array(DIM)]
    expect(refusal(encodeParcel({ params, fisher }), false)).toBe('ERR_MODEL_DIM penalise')
    expect(refusal(encodeParcel({ params }), true)).toBe('ERR_FISHER_MALFORMED penalise')
    expect(refusal(encodeParcel({ params: new Float32Array(2), fisher: new Float32Array(2) }), true)).toBe(
      'ERR_MODEL_DIM penalise'
    )
  })

  test('hostile bytes are refused by code, and what passes is finite', () => {
    const change = fc.oneof(
      fc.record({ at: fc.nat(200), to: fc.nat(255) }),
      fc.record({ cut: fc.nat(200) }),
      fc.record({ add: fc.uint8Array({ minLength: 1, maxLength: 9 }) })
    )
    fc.assert(
      fc.property(
        parcels,
        fc.array(change, { minLength: 1, maxLength: 4 }),
        fc.boolean(),
        (parcel, changes, hasFisher) => {
          let bytes: Uint8Array = encodeParcel(hasFisher ? parcel : { params: parcel.params })
          for (const each of changes) {
            if ('at' in each) bytes[each.at % Math.max(1, bytes.length)] = each.to
            else if ('cut' in each) bytes = bytes.slice(0, each.cut % (bytes.length + 1))
            else bytes = Uint8Array.of(...bytes, ...each.add)
          }
          const out = room(hasFisher)
          try {
            decodeParcelInto(bytes, out)
          } catch (error) {
            expect(error).toBeInstanceOf(RejectedError)
            expect((error as RejectedError).code).toMatch(
              /^ERR_(MODEL_(MALFORMED|DIM|NOT_FINITE)|FISHER_(MALFORMED|DIM))$/
            )
            expect((error as RejectedError).verdict).toBe('penalise')
            return
          }
          expect(out.params.every(Number.isFinite)).toBe(true)
          expect(out.fisher?.every((value) => value >= 0 && value < Infinity) ?? true).toBe(true)
        }
      ),
      { numRuns: 1000 }
    )
  })

  test('bytes of nothing in particular', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), fc.boolean(), (bytes, hasFisher) => {
        expect(refusal(bytes, hasFisher)).toMatch(/penalise$/)
      })
    )
  })
})
