import { createPrivateKey, createPublicKey } from 'node:crypto'
import { generateKeyPair, privateKeyFromProtobuf, privateKeyToProtobuf } from '@libp2p/crypto/keys'
import type { PrivateKey } from '@libp2p/interface'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { CodedError } from '../interface/errors.ts'
import type { Peer } from '../interface/network.ts'

/** A new Ed25519 identity. */
export function generateKey(): Promise<PrivateKey> {
  return generateKeyPair('Ed25519')
}

/** For the identity file: libp2p's protobuf form, which other libp2p programs read too. */
export function keyToBytes(key: PrivateKey): Uint8Array {
  return privateKeyToProtobuf(key)
}

/** @throws {CodedError} ERR_KEY_MALFORMED unless the bytes are an Ed25519 private key */
export function keyFromBytes(bytes: Uint8Array): PrivateKey {
  let key: PrivateKey
  try {
    key = privateKeyFromProtobuf(bytes)
  } catch (cause) {
    throw new CodedError('ERR_KEY_MALFORMED', 'these bytes are no private key', { bytes: bytes.byteLength }, { cause })
  }
  if (key.type !== 'Ed25519') throw new CodedError('ERR_KEY_MALFORMED', `a key of type ${key.type}, expected Ed25519`)
  if (!isWhole(key) || !Buffer.from(keyToBytes(key)).equals(bytes)) {
    throw new CodedError('ERR_KEY_MALFORMED', 'a damaged key: its parts do not belong together')
  }

  return key
}

/** What stands before the 32 secret bytes of an Ed25519 key in PKCS #8. */
const PKCS8_HEAD = Buffer.from('302e020100300506032b657004220420', 'hex')
const SECRET_BYTES = 32

/** The public half is what follows from the secret one; libp2p takes both as they are. */
function isWhole({ raw, publicKey }: PrivateKey): boolean {
  const key = Buffer.concat([PKCS8_HEAD, raw.subarray(0, SECRET_BYTES)])
  const { x = '' } = createPublicKey(createPrivateKey({ key, format: 'der', type: 'pkcs8' })).export({ format: 'jwk' })

  return Buffer.from(x, 'base64url').equals(publicKey.raw)
}

/** The peer id that belongs to a key. */
export function peerOf(key: PrivateKey): Peer {
  return peerIdFromPrivateKey(key).toString()
}
