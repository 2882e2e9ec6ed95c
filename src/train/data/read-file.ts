import { readFile, stat } from 'node:fs/promises'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { DataError } from './data-error.ts'

/** A gzip file of a few kilobytes can unpack to terabytes; every set meant for this program is far below. */
const MAX_FILE_BYTES = 2 ** 30
const GZIP_MAGIC = [0x1f, 0x8b] as const

const unpack = promisify(gunzip)

/**
 * Reads a whole file, unpacked if it is gzip, whatever its name says.
 *
 * @throws {DataError} ERR_DATA_NOT_FOUND; ERR_DATA_UNREADABLE: not a file, not permitted, damaged gzip, above 1 GiB
 */
export async function readData(path: string): Promise<Uint8Array> {
  const bytes = await readBounded(path)
  if (bytes[0] !== GZIP_MAGIC[0] || bytes[1] !== GZIP_MAGIC[1]) return bytes

  try {
    return await unpack(bytes, { maxOutputLength: MAX_FILE_BYTES })
  } catch (cause) {
    throw new DataError('ERR_DATA_UNREADABLE', {
      where: path,
      problem: `damaged or incomplete gzip (${reason(cause)})`,
      remedy: 'Download it again and compare its checksum',
      cause
    })
  }
}

async function readBounded(path: string): Promise<Uint8Array> {
  try {
    const { size } = await stat(path)
    if (size <= MAX_FILE_BYTES) return await readFile(path)
  } catch (cause) {
    const missing = reason(cause) === 'ENOENT' || reason(cause) === 'ENOTDIR'
    const isFolder = reason(cause) === 'EISDIR'
    throw new DataError(missing ? 'ERR_DATA_NOT_FOUND' : 'ERR_DATA_UNREADABLE', {
      where: path,
      problem: missing ? 'no such file' : isFolder ? 'a directory, not a file' : `cannot be read (${reason(cause)})`,
      remedy: isFolder ? 'Name a file in it' : 'Check the path and its permissions',
      cause
    })
  }

  throw new DataError('ERR_DATA_UNREADABLE', {
    where: path,
    problem: `larger than ${MAX_FILE_BYTES} bytes`,
    remedy: 'Split it: a data set is held in memory',
    details: { maxBytes: MAX_FILE_BYTES }
  })
}

/** The system's code for what happened, `EACCES` or `Z_DATA_ERROR`. */
function reason(cause: unknown): string {
  return cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : String(cause)
}
