import { join } from 'node:path'
import type { PrivateKey } from '@libp2p/interface'
import { generateKey, keyFromBytes, keyToBytes, peerOf } from '../gossip/key.ts'
import { CodedError } from '../interface/errors.ts'
import type { Peer } from '../interface/network.ts'
import { loadOrCreateKey, readKey } from '../store/identity.ts'

/** The node's key in its data folder. */
export const KEY_NAME = 'key'

/**
 * The node's identity: made on the first run, the same ever after.
 *
 * @throws {CodedError} ERR_KEY_EXPOSED, ERR_KEY_UNREADABLE, ERR_KEY_MALFORMED
 */
export async function loadIdentity(dataDir: string): Promise<PrivateKey> {
  const path = join(dataDir, KEY_NAME)

  return decode(path, await loadOrCreateKey(path, async () => keyToBytes(await generateKey())))
}

/** The name that a node with this data folder will have; makes its key. @throws as {@link loadIdentity} */
export async function nameOfNode(dataDir: string): Promise<Peer> {
  return peerOf(await loadIdentity(dataDir))
}

/** The name of the node with this data folder; undefined when it has no key yet. @throws as {@link loadIdentity} */
export async function knownNameOf(dataDir: string): Promise<Peer | undefined> {
  const path = join(dataDir, KEY_NAME)
  const bytes = await readKey(path)

  return bytes === undefined ? undefined : peerOf(decode(path, bytes))
}

function decode(path: string, bytes: Uint8Array): PrivateKey {
  try {
    return keyFromBytes(bytes)
  } catch (cause) {
    const reason = (cause as Error).message
    const remedy = 'put a copy in its place, or remove it for a new identity'
    throw new CodedError('ERR_KEY_MALFORMED', `key file ${path}: ${reason}: ${remedy}`, {}, { cause })
  }
}
