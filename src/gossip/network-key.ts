import type { ConnectionProtector } from '@libp2p/interface'
import { generateKey, preSharedKey } from '@libp2p/pnet'
import { CodedError } from '../interface/errors.ts'

/** The key that all nodes of a private network share, in the format of go-ipfs's and libp2p's `swarm.key`. */
const FORMAT = /^\/key\/swarm\/psk\/1\.0\.0\/\r?\n\/base16\/\r?\n[0-9a-f]{64}\s*$/i
const FILE_BYTES = 95

/** A new one, as its file has it. */
export function generateNetworkKey(): Uint8Array {
  const bytes = new Uint8Array(FILE_BYTES)
  generateKey(bytes)

  return Buffer.concat([bytes, Buffer.from('\n')])
}

/** @throws {CodedError} ERR_KEY_MALFORMED unless these are the bytes of a network key's file */
export function checkNetworkKey(bytes: Uint8Array, path: string): void {
  if (FORMAT.test(Buffer.from(bytes).toString('latin1'))) return

  const expected = 'three lines: /key/swarm/psk/1.0.0/, /base16/ and 64 hex digits'
  throw new CodedError('ERR_KEY_MALFORMED', `${path} is no network key: expected ${expected}`, {
    bytes: bytes.byteLength
  })
}

/** Of a dial: somebody has answered, and the wall asks for its part of the key. */
export const WALL_PROGRESS = 'starling:wall'

/**
 * Encrypts every connection with the key, before anything else: who has another one gets no word out of this node.
 *
 * @param key - bytes of its file, checked
 */
export function networkWall(key: Uint8Array): () => ConnectionProtector {
  const create = preSharedKey({ psk: key })

  return () => {
    const inner = create()

    return {
      protect(connection, options) {
        const { onProgress } = (options ?? {}) as { onProgress?: (event: Event) => void }
        onProgress?.(new Event(WALL_PROGRESS))

        return inner.protect(connection, options)
      }
    }
  }
}
