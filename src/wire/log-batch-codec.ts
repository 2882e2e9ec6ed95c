import type { Peer } from '../interface/network.ts'
import type { ByteReader, Malformed } from './byte-reader.ts'
import { asciiBytes, type ByteWriter } from './byte-writer.ts'
import { MAX_PEER_CHARS } from './limits.ts'
import { type Equivocation, type JournalRecord, type LogBatch, SEGMENT_BYTES, SIGNATURE_BYTES } from './log-batch.ts'

const LINK_BYTES = 32

/** Bytes of a batch among others, at its longest. */
export const MAX_BATCH_BYTES = 1 + MAX_PEER_CHARS + 4 + 2 + SEGMENT_BYTES + SIGNATURE_BYTES
/** Bytes of a proof, at its longest. */
export const MAX_EQUIVOCATION_BYTES = 1 + MAX_PEER_CHARS + 4 + LINK_BYTES + 2 * (2 + SEGMENT_BYTES + SIGNATURE_BYTES)

/** Bytes that {@link writeBatch} takes. */
export function batchBytes({ author, bytes }: LogBatch): number {
  return 1 + author.length + 4 + 2 + bytes.byteLength + SIGNATURE_BYTES
}

/** Bytes that {@link writeEquivocation} takes. */
export function equivocationBytes({ author, left, right }: Equivocation): number {
  return 1 + author.length + 4 + LINK_BYTES + 2 * (2 + SIGNATURE_BYTES) + left.bytes.byteLength + right.bytes.byteLength
}

/** Bytes of a record, without its frame. */
export function recordBytes(record: JournalRecord): number {
  return 'batch' in record ? batchBytes(record.batch) : equivocationBytes(record.proof)
}

/** @throws {EncodeError} ERR_ENCODE_LIMIT */
export function writeBatch(writer: ByteWriter, { author, start, bytes, signature }: LogBatch): void {
  writePeer(writer, author)
  writer.uint32(start)
  writer.uint16(bytes.byteLength)
  writer.bytes(bytes)
  writer.bytes(signature)
}

/** Every batch that it gives lies within one segment. The bytes are copies. */
export function readBatch(reader: ByteReader, malformed: Malformed): LogBatch {
  const author = readPeer(reader)
  const start = reader.uint32()
  const count = reader.uint16()
  checkPlaces(start, count, malformed)

  return {
    author,
    start,
    bytes: new Uint8Array(reader.bytes(count)),
    signature: new Uint8Array(reader.bytes(SIGNATURE_BYTES))
  }
}

/** @throws {EncodeError} ERR_ENCODE_LIMIT */
export function writeEquivocation(writer: ByteWriter, { author, start, before, left, right }: Equivocation): void {
  writePeer(writer, author)
  writer.uint32(start)
  writer.bytes(before)
  for (const { bytes, signature } of [left, right]) {
    writer.uint16(bytes.byteLength)
    writer.bytes(bytes)
    writer.bytes(signature)
  }
}

export function readEquivocation(reader: ByteReader, malformed: Malformed): Equivocation {
  const author = readPeer(reader)
  const start = reader.uint32()
  const before = new Uint8Array(reader.bytes(LINK_BYTES))
  const log = () => {
    const count = reader.uint16()
    checkPlaces(start, count, malformed)
    return { bytes: new Uint8Array(reader.bytes(count)), signature: new Uint8Array(reader.bytes(SIGNATURE_BYTES)) }
  }

  return { author, start, before, left: log(), right: log() }
}

export function writePeer(writer: ByteWriter, peer: Peer): void {
  const name = asciiBytes(peer, MAX_PEER_CHARS)
  writer.uint8(name.byteLength)
  writer.bytes(name)
}

export function readPeer(reader: ByteReader): Peer {
  return reader.ascii(reader.uint8(), MAX_PEER_CHARS)
}

/** At least one byte, all in one segment, at places that are uint32. */
function checkPlaces(start: number, count: number, malformed: Malformed): void {
  if (count < 1 || (start % SEGMENT_BYTES) + count > SEGMENT_BYTES || start + count > 0xffff_ffff) {
    throw malformed('a batch that is no part of a segment')
  }
}
