import { expect, test } from 'vitest'
import { generateKey, keyFromBytes, keyToBytes, peerOf } from '../../src/gossip/key.ts'

const damaged = { code: 'ERR_KEY_MALFORMED' }

test('a key comes back from its bytes', async () => {
  const key = await generateKey()
  expect(peerOf(keyFromBytes(keyToBytes(key)))).toBe(peerOf(key))
})

test('a key with a byte changed, or cut short anywhere, is none', async () => {
  const bytes = keyToBytes(await generateKey())
  for (let at = 0; at < bytes.length; at++) {
    for (const mask of [0x01, 0x80, 0xff]) {
      const other = bytes.slice()
      other[at]! ^= mask
      expect(() => keyFromBytes(other), `byte ${at}, mask ${mask}`).toThrow(expect.objectContaining(damaged))
    }
    expect(() => keyFromBytes(bytes.subarray(0, at)), `${at} bytes`).toThrow(expect.objectContaining(damaged))
  }
})
