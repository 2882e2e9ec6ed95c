import { type FileHandle, link, open, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { crc32 } from 'node:zlib'
import { CodedError, RejectedError } from '../interface/errors.ts'
import { ByteReader } from '../wire/byte-reader.ts'
import { ByteWriter } from '../wire/byte-writer.ts'
import { hashBytes } from '../wire/hex.ts'
import type { JournalRecord } from '../wire/log-batch.ts'
import {
  MAX_BATCH_BYTES,
  MAX_EQUIVOCATION_BYTES,
  readBatch,
  readEquivocation,
  writeBatch,
  writeEquivocation
} from '../wire/log-batch-codec.ts'
import { makeFolder } from './make-folder.ts'
import { syncFolder } from './sync-folder.ts'

export interface OpenedJournal {
  journal: LogJournal
  /** What was kept, in order. */
  records: JournalRecord[]
  /** Bytes at the end that a crash had torn, or that something else had spoilt: they are cut off. */
  tornBytes: number
  /** A file was there, and nothing in it: not even what a new one begins with. */
  isEmptied: boolean
  /** Where the file is as it was, when more is cut off than a crash tears. */
  aside?: string
}

/** "SLJ1", little-endian: changes with the format. */
const MAGIC = 0x314a_4c53
const HEADER_BYTES = 36
const BATCH = 1
const PROOF = 2
/** Kind, length, and the checksum behind. */
const FRAME_BYTES = 9
const MAX_RECORD_BYTES = Math.max(MAX_BATCH_BYTES, MAX_EQUIVOCATION_BYTES)
/** A crash tears the record that was being written. */
const MAX_TORN_BYTES = FRAME_BYTES + MAX_RECORD_BYTES
/** Read and written at a time: a file may be larger than one buffer; no record is. */
const PIECE_BYTES = 1 << 20

/**
 * A file of records that is only added to. After a crash at any moment it holds all records that were synced, and
 * perhaps some more; a torn one at the end is cut off.
 *
 * Format: magic, SHA-256 of the job; then, for each record, kind (uint8), length (uint32), content as on the wire, and
 * CRC-32 of these.
 */
export class LogJournal {
  readonly #path: string
  readonly #jobId: string
  #file: FileHandle
  #bytes: number
  /** What a failed write left may lie behind {@link #bytes}. */
  #isDirty = false
  /** Each write waits for the one before. */
  #last: Promise<void> = Promise.resolve()

  private constructor(path: string, jobId: string, file: FileHandle, bytes: number) {
    this.#path = path
    this.#jobId = jobId
    this.#file = file
    this.#bytes = bytes
  }

  /**
   * @throws {CodedError} ERR_JOURNAL_FOREIGN for a file of another job or kind, which is left alone;
   *   ERR_JOURNAL_UNUSABLE when it can't be read or written
   */
  static async open(path: string, jobId: string): Promise<OpenedJournal> {
    let file: FileHandle | undefined
    try {
      await makeFolder(dirname(path), 0o700)
      const isNew = !(await exists(path))
      file = await open(path, 'a+', 0o600)
      const { size } = await file.stat()
      if (size < HEADER_BYTES) {
        await file.truncate(0)
        await file.appendFile(header(jobId))
        const isEmptied = !isNew && size === 0

        return { journal: new LogJournal(path, jobId, file, HEADER_BYTES), records: [], tornBytes: size, isEmptied }
      }
      const { buffer } = await file.read(Buffer.alloc(HEADER_BYTES), 0, HEADER_BYTES, 0)
      if (!buffer.equals(header(jobId))) throw foreign(path)
      const { records, end } = await readRecords(file)
      const tornBytes = size - end
      const journal = new LogJournal(path, jobId, file, end)
      const aside = tornBytes > MAX_TORN_BYTES ? await linkAside(path) : undefined
      if (aside !== undefined) await journal.rewrite(records)
      else if (tornBytes > 0) await file.truncate(end)

      return { journal, records, tornBytes, isEmptied: false, ...(aside === undefined ? {} : { aside }) }
    } catch (cause) {
      await file?.close()
      throw cause instanceof CodedError ? cause : unusable(path, cause)
    }
  }

  /** Length of the file. */
  get bytes(): number {
    return this.#bytes
  }

  /**
   * Adds records; they survive a crash once it resolves.
   * @throws {CodedError} ERR_JOURNAL_UNUSABLE: a full disk, say; the records may be tried again
   */
  append(records: readonly JournalRecord[]): Promise<void> {
    const content = Buffer.concat(records.map(frame))

    return this.#inTurn(async () => {
      // what is half written would hide all that comes behind it
      if (this.#isDirty) await this.#file.truncate(this.#bytes)
      this.#isDirty = true
      try {
        await this.#file.appendFile(content)
        await this.#file.datasync()
        this.#bytes += content.byteLength
        this.#isDirty = false
      } catch (cause) {
        await this.#file.truncate(this.#bytes).then(
          () => {
            this.#isDirty = false
          },
          () => undefined // before the next write, then
        )
        throw cause
      }
    })
  }

  /** Puts these records in place of all others, whole or not at all. */
  rewrite(records: readonly JournalRecord[]): Promise<void> {
    const draft = `${this.#path}.draft`

    return this.#inTurn(async () => {
      await rm(draft, { force: true })
      const file = await open(draft, 'ax+', 0o600)
      let bytes = 0
      try {
        await file.appendFile(header(this.#jobId))
        for (const piece of pieces(records)) await file.appendFile(piece)
        await file.datasync()
        bytes = (await file.stat()).size
        await rename(draft, this.#path)
      } catch (cause) {
        await file.close()
        await rm(draft, { force: true })
        throw cause
      }
      const old = this.#file
      this.#file = file
      this.#bytes = bytes
      this.#isDirty = false
      await old.close()
      await syncFolder(dirname(this.#path))
    })
  }

  async close(): Promise<void> {
    await this.#last.catch(() => undefined)
    await this.#file.close()
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const turn = this.#last
      .catch(() => undefined)
      .then(work)
      .catch((cause: unknown) => {
        throw unusable(this.#path, cause)
      })
    this.#last = turn
    turn.catch(() => undefined) // the caller hears of it

    return turn
  }
}

function header(jobId: string): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES)
  bytes.writeUInt32LE(MAGIC, 0)
  bytes.set(hashBytes(jobId), 4)

  return bytes
}

function frame(record: JournalRecord): Buffer {
  const writer = new ByteWriter(MAX_RECORD_BYTES)
  if ('batch' in record) writeBatch(writer, record.batch)
  else writeEquivocation(writer, record.proof)
  const content = writer.finish()

  const bytes = Buffer.alloc(FRAME_BYTES + content.byteLength)
  bytes.writeUInt8('batch' in record ? BATCH : PROOF, 0)
  bytes.writeUInt32LE(content.byteLength, 1)
  bytes.set(content, 5)
  bytes.writeUInt32LE(crc32(bytes.subarray(0, -4)), bytes.byteLength - 4)

  return bytes
}

/** Frames of records, many at a time. */
function* pieces(records: readonly JournalRecord[]): Generator<Buffer> {
  let frames: Buffer[] = []
  let bytes = 0
  for (const record of records) {
    const bytesOfIt = frame(record)
    frames.push(bytesOfIt)
    bytes += bytesOfIt.byteLength
    if (bytes < PIECE_BYTES) continue
    yield Buffer.concat(frames)
    frames = []
    bytes = 0
  }
  yield Buffer.concat(frames)
}

/** All records up to the first that is not whole. */
async function readRecords(file: FileHandle): Promise<{ records: JournalRecord[]; end: number }> {
  const records: JournalRecord[] = []
  const piece = Buffer.alloc(PIECE_BYTES)
  let end = HEADER_BYTES
  let filled = 0
  for (;;) {
    const { bytesRead } = await file.read(piece, filled, piece.byteLength - filled, end + filled)
    filled += bytesRead
    const taken = takeRecords(piece.subarray(0, filled), records)
    if (bytesRead === 0) return { records, end }
    piece.copyWithin(0, taken, filled)
    filled -= taken
    end += taken
  }
}

/** @returns bytes of the whole records that these begin with */
function takeRecords(content: Buffer, records: JournalRecord[]): number {
  let at = 0
  while (content.byteLength - at >= FRAME_BYTES) {
    const length = content.readUInt32LE(at + 1)
    const end = at + FRAME_BYTES + length
    if (length > MAX_RECORD_BYTES || end > content.byteLength) break
    if (crc32(content.subarray(at, end - 4)) !== content.readUInt32LE(end - 4)) break
    const record = readRecord(content.readUInt8(at), content.subarray(at + 5, end - 4))
    if (record === undefined) break
    records.push(record)
    at = end
  }

  return at
}

/** Undefined for what was never written here, whatever its checksum says. */
function readRecord(kind: number, content: Uint8Array): JournalRecord | undefined {
  const malformed = () => new RejectedError('ERR_JOURNAL_FOREIGN', 'ignore', 'not a record')
  try {
    const reader = new ByteReader(content, malformed)
    const record =
      kind === BATCH
        ? { batch: readBatch(reader, malformed) }
        : kind === PROOF
          ? { proof: readEquivocation(reader, malformed) }
          : undefined
    reader.end()

    return record
  } catch (error) {
    if (error instanceof CodedError) return undefined
    throw error
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false
  )
}

/** Another name for it, under which it stays as it is when the journal is rewritten. Undefined where that can't be had. */
async function linkAside(path: string): Promise<string | undefined> {
  const aside = `${path}.bad`
  try {
    await rm(aside, { force: true })
    await link(path, aside)

    return aside
  } catch {
    return undefined
  }
}

function foreign(path: string): CodedError {
  return new CodedError(
    'ERR_JOURNAL_FOREIGN',
    `${path} is no journal of this job: move it away, or take another folder`
  )
}

function unusable(path: string, cause: unknown): CodedError {
  return new CodedError('ERR_JOURNAL_UNUSABLE', `journal ${path}: ${(cause as Error).message}`, {}, { cause })
}
