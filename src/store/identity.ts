import { createKeyFile, findKeyFile, sweepKeyDrafts } from './key-file.ts'

const WHAT = 'key file'

/**
 * Reads the node's private key, or makes one on the first run: mode 0600, in
 * a folder of mode 0700. Never over another file: of two nodes that start at
 * once on one folder the second fails instead of replacing the key.
 *
 * @param make - a new key's bytes
 * @throws {CodedError} ERR_KEY_EXPOSED when others can read the file; ERR_KEY_UNREADABLE for anything else
 */
export async function loadOrCreateKey(path: string, make: () => Promise<Uint8Array>): Promise<Uint8Array> {
  const kept = await readKey(path)
  if (kept !== undefined) {
    await sweepKeyDrafts(path)

    return kept
  }

  const bytes = await make()
  await createKeyFile(path, bytes, WHAT)

  return bytes
}

/** The node's private key; undefined when it has none yet. Throws as {@link loadOrCreateKey}. */
export function readKey(path: string): Promise<Uint8Array | undefined> {
  return findKeyFile(path, WHAT)
}
