import { readFile, stat } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { CodedError } from '../interface/errors.ts'
import { sweepDrafts, writeWhole } from './whole-file.ts'

/** An identity is about 70 bytes; more is some other file. */
const MAX_KEY_BYTES = 4096
const OTHERS = 0o077

/**
 * Reads the node's private key, or makes one on the first run: mode 0600, in
 * a folder of mode 0700. Never over another file: of two nodes that start at
 * once on one folder the second fails instead of replacing the key.
 *
 * @param make - a new key's bytes
 * @throws {CodedError} ERR_KEY_EXPOSED when others can read the file; ERR_KEY_UNREADABLE for anything else
 */
export async function loadOrCreateKey(path: string, make: () => Promise<Uint8Array>): Promise<Uint8Array> {
  try {
    await checkMode(path)
    const bytes = await readFile(path)
    // a crash while it was made: another copy of the key
    await sweepDrafts(dirname(path), basename(path))

    return bytes
  } catch (cause) {
    if (cause instanceof CodedError) throw cause
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw unreadable(path, cause)
  }

  const bytes = await make()
  try {
    await writeWhole(path, bytes, { over: 'never' })
  } catch (cause) {
    throw unreadable(path, cause)
  }

  return bytes
}

async function checkMode(path: string): Promise<void> {
  const { mode, size } = await stat(path)
  if (process.platform !== 'win32' && (mode & OTHERS) !== 0) {
    throw new CodedError(
      'ERR_KEY_EXPOSED',
      `${path} can be read by others: chmod 600 it, or remove it for a new identity`,
      {
        mode: (mode & 0o777).toString(8)
      }
    )
  }
  if (size > MAX_KEY_BYTES) throw new CodedError('ERR_KEY_UNREADABLE', `${path}: ${size} bytes, not a key`, { size })
}

function unreadable(path: string, cause: unknown): CodedError {
  return new CodedError('ERR_KEY_UNREADABLE', `key file ${path}: ${(cause as Error).message}`, {}, { cause })
}
