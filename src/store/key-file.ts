import { randomUUID } from 'node:crypto'
import { link, mkdir, open, readFile, stat, unlink } from 'node:fs/promises'
import { dirname } from 'node:path'
import { CodedError } from '../interface/errors.ts'

/** Keys are 70 to 100 bytes; more is some other file. */
const MAX_KEY_BYTES = 4096
const OTHERS = 0o077

/**
 * Reads a file that holds a secret; nobody but its owner may read it.
 *
 * @param what - it is, for messages: `the owner's key`
 * @throws {CodedError} ERR_KEY_EXPOSED when others can read the file; ERR_KEY_UNREADABLE for anything else
 */
export async function readKeyFile(path: string, what: string): Promise<Uint8Array> {
  try {
    await checkMode(path, what)

    return await readFile(path)
  } catch (cause) {
    if (cause instanceof CodedError) throw cause
    const isMissing = (cause as NodeJS.ErrnoException).code === 'ENOENT'
    throw unreadable(path, what, isMissing ? 'there is no such file: check the path' : (cause as Error).message, cause)
  }
}

/**
 * All or nothing, and never over another file: of two processes that make a key at once the second fails instead of
 * replacing it, and a crash half way leaves no half of one.
 *
 * @throws {CodedError} ERR_KEY_UNREADABLE
 */
export async function createKeyFile(path: string, bytes: Uint8Array, what: string): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    await writeWhole(path, bytes)
  } catch (cause) {
    const isThere = (cause as NodeJS.ErrnoException).code === 'EEXIST'
    throw unreadable(
      path,
      what,
      isThere ? 'is there already, and a key is never written over' : (cause as Error).message,
      cause
    )
  }
}

async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  const draft = `${path}.${randomUUID()}.draft`
  const file = await open(draft, 'wx', 0o600)
  try {
    try {
      await file.writeFile(bytes)
      await file.sync()
    } finally {
      await file.close()
    }
    await link(draft, path)
  } finally {
    await unlink(draft)
  }
}

async function checkMode(path: string, what: string): Promise<void> {
  const { mode, size } = await stat(path)
  if (process.platform !== 'win32' && (mode & OTHERS) !== 0) {
    throw new CodedError(
      'ERR_KEY_EXPOSED',
      `${what} ${path} can be read by others: chmod 600 it, or remove it for a new one`,
      { mode: (mode & 0o777).toString(8) }
    )
  }
  if (size > MAX_KEY_BYTES) throw new CodedError('ERR_KEY_UNREADABLE', `${path}: ${size} bytes, not a key`, { size })
}

function unreadable(path: string, what: string, reason: string, cause: unknown): CodedError {
  return new CodedError('ERR_KEY_UNREADABLE', `${what} ${path}: ${reason}`, {}, { cause })
}
