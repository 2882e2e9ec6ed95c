import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { RejectedError } from '../../src/interface/errors.ts'
import { decodeModel, decodeModelInto, encodedModelBytes, encodeModel } from '../../src/wire/model-codec.ts'

const params = Float32Array.of(1, -2.5, 3e-30, 0)

function codeOf(work: () => unknown): string {
  try {
    work()
  } catch (error) {
    expect(error).toBeInstanceOf(RejectedError)
    expect((error as RejectedError).verdict).toBe('penalise')
    return (error as RejectedError).code
  }
  return 'accepted'
}

describe('model codec', () => {
  test('header and params, byte for byte', () => {
    const bytes = encodeModel(Float32Array.of(1, -2))
    expect(Buffer.from(bytes).toString('hex')).toBe('53544c4d0101000002000000' + '0000803f' + '000000c0')
    expect(bytes.byteLength).toBe(encodedModelBytes(2))
  })

  test('from shared memory, it is a copy on plain memory', () => {
    const shared = new Float32Array(new SharedArrayBuffer(16))
    shared.set(params)
    const bytes = encodeModel(shared)
    shared.fill(0)

    expect(bytes.buffer).toBeInstanceOf(ArrayBuffer)
    expect(decodeModel(bytes, { dim: 4 })).toEqual(params)
  })

  test.each([0, 1, 2, 3, 5])('from a Node Buffer at offset %i', (offset) => {
    const encoded = encodeModel(params)
    const backing = Buffer.alloc(offset + encoded.byteLength + 3, 0xff)
    backing.set(encoded, offset)

    expect(decodeModel(backing.subarray(offset, offset + encoded.byteLength), { dim: 4 })).toEqual(params)
  })

  test('into shared memory', () => {
    const out = new Float32Array(new SharedArrayBuffer(16))
    decodeModelInto(encodeModel(params), { dim: 4 }, out)
    expect([...out]).toEqual([...params])
  })

  const mutated = (change: (view: DataView) => void): Uint8Array => {
    const bytes = encodeModel(params)
    change(new DataView(bytes.buffer))
    return bytes
  }
  test.each([
    { id: 'empty', bytes: new Uint8Array(0), dim: 4, code: 'ERR_MODEL_MALFORMED' },
    { id: 'magic', bytes: mutated((v) => v.setUint8(0, 0)), dim: 4, code: 'ERR_MODEL_MALFORMED' },
    { id: 'version', bytes: mutated((v) => v.setUint8(4, 2)), dim: 4, code: 'ERR_MODEL_MALFORMED' },
    { id: 'codec', bytes: mutated((v) => v.setUint8(5, 9)), dim: 4, code: 'ERR_MODEL_MALFORMED' },
    { id: 'reserved', bytes: mutated((v) => v.setUint8(7, 1)), dim: 4, code: 'ERR_MODEL_MALFORMED' },
    { id: 'another dim', bytes: encodeModel(params), dim: 5, code: 'ERR_MODEL_DIM' },
    { id: 'a dim that lies', bytes: mutated((v) => v.setUint32(8, 5, true)), dim: 5, code: 'ERR_MODEL_DIM' },
    { id: 'cut short', bytes: encodeModel(params).subarray(0, 27), dim: 4, code: 'ERR_MODEL_DIM' },
    { id: 'one byte more', bytes: Buffer.concat([encodeModel(params), Buffer.alloc(1)]), dim: 4, code: 'ERR_MODEL_DIM' }
  ])('refuses $id', ({ bytes, dim, code }) => {
    expect(codeOf(() => decodeModel(bytes, { dim }))).toBe(code)
  })

  test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])('refuses %d wherever it is', (value) => {
    // 20,000 elements: more than two blocks of the copy
    for (const index of [0, 1, 8191, 8192, 19_999]) {
      const poisoned = new Float32Array(20_000).fill(-3.4e38)
      poisoned[index] = value
      expect(codeOf(() => decodeModel(encodeModel(poisoned), { dim: 20_000 }))).toBe('ERR_MODEL_NOT_FINITE')
    }
  })

  test('accepts every finite float32 and no other', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xffff_ffff }), (bits) => {
        const vector = new Float32Array(3)
        new Uint32Array(vector.buffer)[1] = bits
        const code = codeOf(() => decodeModel(encodeModel(vector), { dim: 3 }))
        expect(code).toBe(Number.isFinite(vector[1]) ? 'accepted' : 'ERR_MODEL_NOT_FINITE')
      })
    )
  })
})
