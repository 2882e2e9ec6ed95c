import { RejectedError } from '../interface/errors.ts'
import type { ModelRef, Peer } from '../interface/network.ts'
import { ByteReader } from './byte-reader.ts'
import { ByteWriter, EncodeError } from './byte-writer.ts'
import { hashBytes, hashText, isHash } from './hex.ts'
import { MAX_PEER_CHARS } from './limits.ts'
import type { LogBatch } from './log-batch.ts'
import { batchBytes, readBatch, readPeer, writeBatch, writePeer } from './log-batch-codec.ts'

/** One segment of a log, with the link before it: to find where two logs of one author part. */
export interface SegmentQuery {
  readonly author: Peer
  /** uint32. */
  readonly index: number
}

export interface SegmentAnswer {
  /** Shape (32). */
  readonly before: Uint8Array
  readonly batch: LogBatch
}

/**
 * What a node says of the state that a set of projections leads to: it has none of it to offer or does not have the
 * whole set (`behind`), has no time (`busy`), or the SHA-256 of the state's `acc`.
 */
export type Vouch = { readonly kind: 'behind' | 'busy' } | { readonly kind: 'vouched'; readonly accHash: string }

export type SnapshotRejectCode =
  | 'ERR_SEGMENT_QUERY_MALFORMED'
  | 'ERR_SEGMENT_ANSWER_MALFORMED'
  | 'ERR_SNAPSHOT_ANSWER_MALFORMED'
  | 'ERR_VOUCH_MALFORMED'

const VERSION = 1
const HASH_BYTES = 32
const VOUCHES = ['behind', 'busy', 'vouched'] as const

/** @throws {EncodeError} ERR_ENCODE_LIMIT */
export function encodeSegmentQuery({ author, index }: SegmentQuery): Uint8Array<ArrayBuffer> {
  const writer = begin(2 + MAX_PEER_CHARS + 4)
  writePeer(writer, author)
  writer.uint32(index)

  return writer.finish()
}

/** @throws {RejectedError} ERR_SEGMENT_QUERY_MALFORMED (`penalise`); never anything else */
export function decodeSegmentQuery(message: Uint8Array): SegmentQuery {
  const reader = open(message, rejection('ERR_SEGMENT_QUERY_MALFORMED', message))
  const query = { author: readPeer(reader), index: reader.uint32() }
  reader.end()

  return query
}

/** @param answer - undefined: there is no such segment here */
export function encodeSegmentAnswer(answer: SegmentAnswer | undefined): Uint8Array<ArrayBuffer> {
  const writer = begin(2 + (answer === undefined ? 0 : HASH_BYTES + batchBytes(answer.batch)))
  writer.uint8(answer === undefined ? 0 : 1)
  if (answer !== undefined) {
    writer.bytes(answer.before)
    writeBatch(writer, answer.batch)
  }

  return writer.finish()
}

/** @throws {RejectedError} ERR_SEGMENT_ANSWER_MALFORMED (`penalise`); never anything else */
export function decodeSegmentAnswer(message: Uint8Array): SegmentAnswer | undefined {
  const malformed = rejection('ERR_SEGMENT_ANSWER_MALFORMED', message)
  const reader = open(message, malformed)
  const isThere = flag(reader, malformed)
  const answer = isThere
    ? { before: new Uint8Array(reader.bytes(HASH_BYTES)), batch: readBatch(reader, malformed) }
    : undefined
  reader.end()

  return answer
}

/** @param ref - of the snapshot that is on offer; undefined when there is none */
export function encodeSnapshotAnswer(ref: ModelRef | undefined): Uint8Array<ArrayBuffer> {
  const writer = begin(2 + HASH_BYTES + 8)
  writer.uint8(ref === undefined ? 0 : 1)
  if (ref !== undefined) {
    writeHash(writer, ref.hash)
    writer.uint53(ref.bytes)
  }

  return writer.finish()
}

/**
 * @param maxBytes - of a snapshot of this job
 * @throws {RejectedError} ERR_SNAPSHOT_ANSWER_MALFORMED (`penalise`); never anything else
 */
export function decodeSnapshotAnswer(message: Uint8Array, maxBytes: number): ModelRef | undefined {
  const malformed = rejection('ERR_SNAPSHOT_ANSWER_MALFORMED', message)
  const reader = open(message, malformed)
  const ref = flag(reader, malformed) ? { hash: hashText(reader.bytes(HASH_BYTES)), bytes: reader.uint53() } : undefined
  reader.end()
  if (ref !== undefined && (ref.bytes < 1 || ref.bytes > maxBytes)) throw malformed()

  return ref
}

export function encodeVouch(vouch: Vouch): Uint8Array<ArrayBuffer> {
  const writer = begin(2 + HASH_BYTES)
  writer.uint8(VOUCHES.indexOf(vouch.kind))
  if (vouch.kind === 'vouched') writeHash(writer, vouch.accHash)

  return writer.finish()
}

/** @throws {RejectedError} ERR_VOUCH_MALFORMED (`penalise`); never anything else */
export function decodeVouch(message: Uint8Array): Vouch {
  const malformed = rejection('ERR_VOUCH_MALFORMED', message)
  const reader = open(message, malformed)
  const kind = VOUCHES[reader.uint8()]
  if (kind === undefined) throw malformed()

  const vouch: Vouch = kind === 'vouched' ? { kind, accHash: hashText(reader.bytes(HASH_BYTES)) } : { kind }
  reader.end()

  return vouch
}

function begin(capacity: number): ByteWriter {
  const writer = new ByteWriter(capacity)
  writer.uint8(VERSION)

  return writer
}

function open(message: Uint8Array, malformed: () => RejectedError): ByteReader {
  const reader = new ByteReader(message, malformed)
  if (reader.uint8() !== VERSION) throw malformed()

  return reader
}

function flag(reader: ByteReader, malformed: () => RejectedError): boolean {
  const value = reader.uint8()
  if (value > 1) throw malformed()

  return value === 1
}

function writeHash(writer: ByteWriter, hash: string): void {
  if (!isHash(hash)) throw new EncodeError('a hash has 64 lower-case hex digits')
  writer.bytes(hashBytes(hash))
}

function rejection(code: SnapshotRejectCode, { byteLength }: Uint8Array): () => RejectedError {
  return () => new RejectedError(code, 'penalise', `message rejected: ${code}`, { bytes: byteLength })
}
