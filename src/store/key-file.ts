import { readFile, stat } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { CodedError } from '../interface/errors.ts'
import { describeSystemError } from '../interface/system-error.ts'
import { sweepDrafts, writeWhole } from './whole-file.ts'

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
    await checkFile(path, what)

    return await readFile(path)
  } catch (cause) {
    if (cause instanceof CodedError) throw cause
    throw unreadable(path, what, describeSystemError(cause), cause)
  }
}

/** As {@link readKeyFile}; undefined when there is no such file. */
export async function findKeyFile(path: string, what: string): Promise<Uint8Array | undefined> {
  try {
    return await readKeyFile(path, what)
  } catch (error) {
    if (error instanceof CodedError && (error.cause as NodeJS.ErrnoException | undefined)?.code === 'ENOENT')
      return undefined
    throw error
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
    await writeWhole(path, bytes, { over: 'never' })
  } catch (cause) {
    const isThere = (cause as NodeJS.ErrnoException).code === 'EEXIST'
    const reason = isThere ? 'is there already, and a key is never written over' : describeSystemError(cause)
    throw unreadable(path, what, reason, cause)
  }
}

/** What a crash while it was made has left: another copy of the key. */
export async function sweepKeyDrafts(path: string): Promise<void> {
  await sweepDrafts(dirname(path), basename(path))
}

async function checkFile(path: string, what: string): Promise<void> {
  const stats = await stat(path)
  const { mode, size } = stats
  if (!stats.isFile()) throw new CodedError('ERR_KEY_UNREADABLE', `${what} ${path}: not a file: move it away`)
  if (process.platform !== 'win32' && (mode & OTHERS) !== 0) {
    throw new CodedError(
      'ERR_KEY_EXPOSED',
      `${what} ${path} can be read by others: chmod 600 it, or remove it for a new one`,
      { mode: (mode & 0o777).toString(8) }
    )
  }
  if (size > MAX_KEY_BYTES) {
    throw new CodedError('ERR_KEY_UNREADABLE', `${what} ${path}: ${size} bytes, not a key: move it away`, { size })
  }
}

function unreadable(path: string, what: string, reason: string, cause: unknown): CodedError {
  return new CodedError('ERR_KEY_UNREADABLE', `${what} ${path}: ${reason}`, {}, { cause })
}
