import { CodedError } from '../interface/errors.ts'
import { createKeyFile, readKeyFile } from './key-file.ts'

const WHAT = 'key file'

/**
 * Reads the node's private key, or makes one on the first run: mode 0600, in
 * a folder of mode 0700.
 *
 * @param make - a new key's bytes
 * @throws {CodedError} ERR_KEY_EXPOSED when others can read the file; ERR_KEY_UNREADABLE for anything else
 */
export async function loadOrCreateKey(path: string, make: () => Promise<Uint8Array>): Promise<Uint8Array> {
  try {
    return await readKeyFile(path, WHAT)
  } catch (error) {
    if (!isMissing(error)) throw error
  }

  const bytes = await make()
  await createKeyFile(path, bytes, WHAT)

  return bytes
}

function isMissing(error: unknown): boolean {
  return error instanceof CodedError && (error.cause as NodeJS.ErrnoException | undefined)?.code === 'ENOENT'
}
