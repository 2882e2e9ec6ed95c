import { checkNetworkKey, generateNetworkKey } from '../gossip/network-key.ts'
import { createKeyFile, readKeyFile } from '../store/key-file.ts'

const WHAT = 'network key'

/** Makes a key for a private network, in a file of mode 0600. @throws {CodedError} ERR_KEY_UNREADABLE */
export async function createNetworkKey(path: string): Promise<void> {
  await createKeyFile(path, generateNetworkKey(), WHAT)
}

/** @throws {CodedError} ERR_KEY_EXPOSED, ERR_KEY_UNREADABLE, ERR_KEY_MALFORMED */
export async function readNetworkKey(path: string): Promise<Uint8Array> {
  const bytes = await readKeyFile(path, WHAT)
  checkNetworkKey(bytes, path)

  return bytes
}
