import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { RejectedError } from '../../src/interface/errors.ts'
import { accHash, decodeSnapshot, encodeSnapshot, maxSnapshotBytes, type Snapshot } from '../../src/spsa/snapshot.ts'

const logs = [
  { author: 'ann', length: 5000, tip: '0123456789abcdef' },
  { author: 'eve', length: 40, voidFrom: 40, tip: 'f'.repeat(16) }
]
const setHash = '0123456789abcdef'.repeat(4)
const snapshot = (acc: Int32Array): Snapshot => ({ logs, setHash, acc })

describe('a snapshot', () => {
  test('round trip, to the last bit', () => {
    fc.assert(
      fc.property(fc.int32Array({ minLength: 1, maxLength: 300 }), (acc) => {
        expect(decodeSnapshot(encodeSnapshot(snapshot(acc)), acc.length)).toEqual(snapshot(acc))
      })
    )
  })

  test('small numbers take less than half, and the worst fits the limit', () => {
    const small = Int32Array.from({ length: 10_000 }, (_, i) => ((i * 7919) % 500) - 250)
    expect(encodeSnapshot(snapshot(small)).byteLength).toBeLessThan(20_000)
    const noise = new Int32Array(new Uint8Array(randomBytes(40_000)).buffer)
    expect(encodeSnapshot(snapshot(noise)).byteLength).toBeLessThan(maxSnapshotBytes(10_000))
  })

  test('the hash of a state is that of its little-endian bytes', () => {
    // printf '\\1\\0\\0\\0\\377\\377\\377\\377' | sha256sum
    expect(accHash(Int32Array.of(1, -1))).toBe('b15348c8f462384c01e83b6d499c6faf3f96808f5aa07c6bab4b65b36b4445d4')
  })

  test('an author named twice is malformed', () => {
    const twice = encodeSnapshot({ logs: [logs[0]!, logs[0]!], setHash, acc: new Int32Array(3) })
    expect(() => decodeSnapshot(twice, 3)).toThrow(expect.objectContaining({ code: 'ERR_SNAPSHOT_MALFORMED' }))
  })

  test('whatever a peer sends is taken or refused by code', () => {
    const good = encodeSnapshot(snapshot(Int32Array.of(1, -2, 3)))
    const outcome = (bytes: Uint8Array): void => {
      try {
        decodeSnapshot(bytes, 3)
      } catch (error) {
        expect(error).toBeInstanceOf(RejectedError)
      }
    }
    expect(() => decodeSnapshot(good, 4)).toThrow(expect.objectContaining({ code: 'ERR_SNAPSHOT_DIM' }))
    // more than it may hold, when it is expanded
    const bomb = encodeSnapshot(snapshot(new Int32Array(1_000_000)))
    const lying = Buffer.concat([good.subarray(0, 4), Buffer.of(3, 0, 0, 0), bomb.subarray(8)])
    expect(() => decodeSnapshot(lying, 3)).toThrow(expect.objectContaining({ code: 'ERR_SNAPSHOT_MALFORMED' }))
    for (let end = 0; end < good.byteLength; end++) outcome(good.subarray(0, end))
    fc.assert(
      fc.property(fc.nat(good.byteLength - 1), fc.nat(255), (at, value) => {
        const changed = new Uint8Array(good)
        changed[at] = value
        outcome(changed)
      })
    )
  })
})
