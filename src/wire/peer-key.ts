import type { Peer } from '../interface/network.ts'

const ALPHABET = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'
/** Of the multihash that an id is: no hash but the key itself (0), 36 bytes of protobuf: type Ed25519, 32 bytes. */
const PREFIX = [0x00, 0x24, 0x08, 0x01, 0x12, 0x20]
const ID_CHARS = 52
const ID_BYTES = 38

/**
 * The public key that the id of an Ed25519 peer holds, 32 bytes; undefined for any other text. Each key has one text.
 *
 * Source: https://github.com/libp2p/specs/blob/master/peer-ids/peer-ids.md
 */
export function keyOfPeer(peer: Peer): Uint8Array | undefined {
  if (peer.length !== ID_CHARS || !peer.startsWith('12')) return undefined // base58: a zero byte, then another one

  let value = 0n
  for (const char of peer) {
    const digit = ALPHABET.indexOf(char)
    if (digit < 0) return undefined
    value = value * 58n + BigInt(digit)
  }
  const hex = value.toString(16).padStart(2 * ID_BYTES, '0')
  const bytes = Uint8Array.from({ length: hex.length / 2 }, (_, i) => Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16))

  return PREFIX.every((byte, i) => bytes[i] === byte) ? bytes.subarray(PREFIX.length) : undefined
}

/** The peer that a multihash stands for, as messages name their authors; undefined unless it is an Ed25519 peer. */
export function peerOfMultihash(bytes: Uint8Array): Peer | undefined {
  if (bytes.byteLength !== ID_BYTES || !PREFIX.every((byte, i) => bytes[i] === byte)) return undefined

  let value = 0n
  for (const byte of bytes) value = (value << 8n) | BigInt(byte)
  let text = ''
  for (; value > 0n; value /= 58n) text = ALPHABET[Number(value % 58n)] + text

  return ALPHABET[0] + text // the leading zero byte
}

/** Whether this is the id of an Ed25519 peer, as all of ours are. */
export function isPeerId(text: string): boolean {
  return keyOfPeer(text) !== undefined
}
