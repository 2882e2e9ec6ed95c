import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FilterStateError } from '../../../src/robust/filters/errors.ts'
import { decodeState, encodeState } from '../../../src/robust/filters/state-codec.ts'

const state = { header: { name: 'x', list: [1, 'zwei'] }, floats: Float32Array.of(1.5, -0, 3e38) }

describe('state codec', () => {
  test('gives back what it was given, from any place in memory', () => {
    const bytes = encodeState(state)
    const odd = new Uint8Array(bytes.length + 3)
    odd.set(bytes, 3)

    expect(decodeState(Buffer.from(odd.buffer, 3))).toEqual(state)
    expect(encodeState(decodeState(bytes))).toEqual(bytes)
  })

  test('any prefix is refused', () => {
    const bytes = encodeState(state)
    for (let length = 0; length < bytes.length; length++) {
      expect(() => decodeState(bytes.subarray(0, length))).toThrow(FilterStateError)
    }
  })

  test('any changed byte is refused', () => {
    const bytes = encodeState(state)
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const torn = bytes.slice()
        torn[at]! ^= change
        expect(() => decodeState(torn)).toThrow(FilterStateError)
      })
    )
  })

  test('any bytes give a state or ERR_FILTER_STATE', () => {
    const magic = encodeState(state).subarray(0, 16)
    const bytes = fc.tuple(fc.boolean(), fc.uint8Array({ maxLength: 200 }))
    fc.assert(
      fc.property(bytes, ([isOurs, rest]) => {
        expect(() => decodeState(isOurs ? Uint8Array.from([...magic, ...rest]) : rest)).toThrow(FilterStateError)
      })
    )
  })

  test('a number that is not finite is refused, though the checksum fits', () => {
    expect(() => decodeState(encodeState({ header: 1, floats: Float32Array.of(NaN) }))).toThrow(/not finite/)
    expect(() => decodeState(encodeState({ header: 1, floats: Float32Array.of(-Infinity) }))).toThrow(/not finite/)
  })
})
