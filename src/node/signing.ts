import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto'
import type { PrivateKey } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import { CodedError } from '../interface/errors.ts'
import type { Peer } from '../interface/network.ts'
import type { Signing } from '../interface/signing.ts'

/** DER of Ed25519 keys, up to their 32 bytes. */
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex')
const SPKI = Buffer.from('302a300506032b6570032100', 'hex')
const KEY_BYTES = 32
/** Public keys at hand; more authors than this and each is read anew. */
const MAX_KEYS = 1024

/**
 * Signs with a node's own key, at once: libp2p's keys answer later.
 *
 * @throws {CodedError} ERR_KEY_UNREADABLE for a key that is not Ed25519: its name does not hold the public key
 */
export function keySigning(privateKey: PrivateKey): Signing {
  if (privateKey.type !== 'Ed25519') {
    throw new CodedError(
      'ERR_KEY_UNREADABLE',
      `the node's key is ${privateKey.type}, not Ed25519: remove it for a new one`
    )
  }
  const seed = privateKey.raw.subarray(0, KEY_BYTES)
  const key = createPrivateKey({ key: Buffer.concat([PKCS8, seed]), format: 'der', type: 'pkcs8' })

  return { sign: (bytes) => sign(null, bytes, key), verify: createVerify() }
}

/** Knows everyone's signatures by their name. */
export function createVerify(): Signing['verify'] {
  const keys = new Map<Peer, KeyObject | undefined>()
  const keyOf = (peer: Peer): KeyObject | undefined => {
    if (keys.has(peer)) return keys.get(peer)
    if (keys.size >= MAX_KEYS) keys.clear()
    const found = publicKeyOf(peer)
    keys.set(peer, found)
    return found
  }

  return (peer, bytes, signature) => {
    const publicKey = keyOf(peer)

    return publicKey !== undefined && verify(null, bytes, publicKey, signature)
  }
}

/** The key that a peer's id holds; undefined for what is no id, or one of another kind of key. */
function publicKeyOf(peer: Peer): KeyObject | undefined {
  try {
    const { publicKey } = peerIdFromString(peer)
    if (publicKey?.type !== 'Ed25519') return undefined

    return createPublicKey({ key: Buffer.concat([SPKI, publicKey.raw]), format: 'der', type: 'spki' })
  } catch {
    return undefined
  }
}
