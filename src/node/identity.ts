import { join } from 'node:path'
import type { PrivateKey } from '@libp2p/interface'
import { generateKey, keyFromBytes, keyToBytes, peerOf } from '../gossip/key.ts'
import type { Peer } from '../interface/network.ts'
import { loadOrCreateKey } from '../store/identity.ts'

/** The node's key in its data folder. */
export const KEY_NAME = 'key'

/**
 * The node's identity: made on the first run, the same ever after.
 *
 * @throws {CodedError} ERR_KEY_EXPOSED, ERR_KEY_UNREADABLE, ERR_KEY_MALFORMED
 */
export async function loadIdentity(dataDir: string): Promise<PrivateKey> {
  const bytes = await loadOrCreateKey(join(dataDir, KEY_NAME), async () => keyToBytes(await generateKey()))

  return keyFromBytes(bytes)
}

/** The name that a node with this data folder will have; makes its key. @throws as {@link loadIdentity} */
export async function nameOfNode(dataDir: string): Promise<Peer> {
  return peerOf(await loadIdentity(dataDir))
}
