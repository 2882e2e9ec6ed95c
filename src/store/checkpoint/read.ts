import { createHash } from 'node:crypto'
import { type FileHandle, open } from 'node:fs/promises'
import { CheckpointError } from '../../interface/checkpoint-error.ts'
import type { StateVector } from '../../interface/rest.ts'
import type { Checkpoint } from './checkpoint.ts'
import { HASH_BYTES, MAGIC, MAX_HEADER_BYTES, PIECE_BYTES, PREFIX_BYTES, VERSION } from './format.ts'
import { bytesOf, type CheckpointHeader, decodeHeader, formatError, newVector, vectorBytes } from './header.ts'

export interface CheckpointExpectation {
  /** Of any job when absent. */
  jobId?: string | undefined
}

/** Larger than what any node here can hold. */
const MAX_FILE_BYTES = 2 ** 36

/**
 * Reads a checkpoint. All that it says of sizes is checked before anything is allocated by it, and its hash before
 * anything else is believed.
 *
 * @throws {CheckpointError} ERR_CHECKPOINT_TORN, ERR_CHECKPOINT_FORMAT, ERR_CHECKPOINT_HASH, ERR_CHECKPOINT_FOREIGN,
 *   ERR_CHECKPOINT_VERSION, ERR_CHECKPOINT_UNREADABLE, ERR_CHECKPOINT_NONE; each message begins with the path
 */
export function readCheckpoint(path: string, { jobId }: CheckpointExpectation = {}): Promise<Checkpoint> {
  return withFile(path, async (file, size) => {
    const { header, end } = await readHeader(file, size)
    checkJob(header, jobId)
    const { origin, savedAt, state } = header

    return { origin, savedAt, state: { ...state, vectors: await readVectors(file, end, header) } }
  })
}

/** The same without its vectors: for lists. @throws {CheckpointError} as {@link readCheckpoint} */
export function readCheckpointHeader(path: string, { jobId }: CheckpointExpectation = {}): Promise<CheckpointHeader> {
  return withFile(path, async (file, size) => {
    const { header } = await readHeader(file, size)
    checkJob(header, jobId)

    return header
  })
}

function checkJob(header: CheckpointHeader, jobId: string | undefined): void {
  if (jobId === undefined || header.jobId === jobId) return

  throw new CheckpointError('ERR_CHECKPOINT_FOREIGN', `of another job, ${header.jobId.slice(0, 16)}`)
}

async function readHeader(file: FileHandle, size: number): Promise<{ header: CheckpointHeader; end: number }> {
  const headerBytes = await readPrefix(file, size)
  await checkHash(file, size)
  const bytes = new Uint8Array(headerBytes)
  await readInto(bytes, file, PREFIX_BYTES)
  const header = decodeHeader(bytes)
  const end = PREFIX_BYTES + headerBytes
  const expected = end + header.vectors.reduce((sum, entry) => sum + vectorBytes(entry), 0) + HASH_BYTES
  if (expected !== size) throw formatError('its vectors are not as long as its header says')

  return { header, end }
}

/** @returns how long the header is, which is no more than there is and than any is */
async function readPrefix(file: FileHandle, size: number): Promise<number> {
  if (size < PREFIX_BYTES + HASH_BYTES) throw torn(size)
  const prefix = new Uint8Array(PREFIX_BYTES)
  await readInto(prefix, file, 0)
  const view = new DataView(prefix.buffer)
  const version = view.getUint32(4, true)
  // there is no version 0: zeros are what a crash of the machine leaves
  if (view.getUint32(0, true) !== MAGIC || version === 0) throw formatError('no checkpoint')
  if (version !== VERSION) {
    const message = `a checkpoint of version ${version}, and this program reads ${VERSION}`
    throw new CheckpointError('ERR_CHECKPOINT_VERSION', message, { version })
  }
  if (view.getBigUint64(8, true) !== BigInt(size)) throw torn(size)
  const headerBytes = view.getUint32(16, true)
  if (headerBytes > Math.min(MAX_HEADER_BYTES, size - PREFIX_BYTES - HASH_BYTES)) {
    throw formatError(`a header of ${headerBytes} bytes, which no checkpoint has`)
  }

  return headerBytes
}

async function checkHash(file: FileHandle, size: number): Promise<void> {
  const hash = createHash('sha256')
  const piece = new Uint8Array(Math.min(PIECE_BYTES, size))
  const end = size - HASH_BYTES
  for (let at = 0; at < end; at += piece.byteLength) {
    const part = piece.subarray(0, Math.min(piece.byteLength, end - at))
    await readInto(part, file, at)
    hash.update(part)
  }
  const stored = new Uint8Array(HASH_BYTES)
  await readInto(stored, file, end)
  if (Buffer.compare(hash.digest(), stored) !== 0) {
    throw new CheckpointError('ERR_CHECKPOINT_HASH', 'its SHA-256 does not fit: other bytes than were written')
  }
}

async function readVectors(
  file: FileHandle,
  from: number,
  { vectors }: CheckpointHeader
): Promise<Record<string, StateVector>> {
  const read: [string, StateVector][] = []
  let at = from
  for (const entry of vectors) {
    const vector = newVector(entry)
    await readInto(bytesOf(vector), file, at)
    read.push([entry.name, vector])
    at += vector.byteLength
  }

  return Object.fromEntries(read)
}

async function readInto(out: Uint8Array, file: FileHandle, position: number): Promise<void> {
  for (let done = 0; done < out.byteLength; ) {
    const length = Math.min(PIECE_BYTES, out.byteLength - done)
    const { bytesRead } = await file.read(out, done, length, position + done)
    if (bytesRead === 0) throw torn(position + done)
    done += bytesRead
  }
}

async function withFile<T>(path: string, work: (file: FileHandle, size: number) => Promise<T>): Promise<T> {
  let file: FileHandle | undefined
  try {
    file = await open(path)
    const stats = await file.stat()
    if (!stats.isFile()) throw new CheckpointError('ERR_CHECKPOINT_UNREADABLE', 'is not a file')
    if (stats.size > MAX_FILE_BYTES) throw formatError(`${stats.size} bytes, more than any checkpoint has`)

    return await work(file, stats.size)
  } catch (cause) {
    throw named(path, cause)
  } finally {
    await file?.close()
  }
}

/** Puts the path in front; what the system says gets a code of ours. */
function named(path: string, cause: unknown): Error {
  if (cause instanceof CheckpointError) {
    return new CheckpointError(cause.code, `${path}: ${cause.message}`, cause.details, { cause })
  }
  if (cause instanceof RangeError) {
    return new CheckpointError('ERR_CHECKPOINT_UNREADABLE', `${path}: no room for it in memory`, {}, { cause })
  }
  const { code, message } = cause as NodeJS.ErrnoException
  if (code === undefined) return cause as Error
  if (code === 'ENOENT')
    return new CheckpointError('ERR_CHECKPOINT_NONE', `${path}: there is no such file`, {}, { cause })

  return new CheckpointError('ERR_CHECKPOINT_UNREADABLE', `${path}: ${message}`, { reason: code }, { cause })
}

function torn(size: number): CheckpointError {
  return new CheckpointError('ERR_CHECKPOINT_TORN', `torn: ${size} bytes, not what it should have`, { size })
}
