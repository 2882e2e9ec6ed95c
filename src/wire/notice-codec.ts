import { RejectedError, type Verdict } from '../interface/errors.ts'
import type { MemberEntry } from '../interface/membership.ts'
import type { ModelRef } from '../interface/network.ts'
import { ByteReader } from './byte-reader.ts'
import { ByteWriter, EncodeError } from './byte-writer.ts'
import { hashBytes, hashText, isHash } from './hex.ts'
import { MAX_MESSAGE_BYTES, MAX_NOTICE_MEMBERS } from './limits.ts'
import { MAX_ENTRY_BYTES, readEntries, writeEntry } from './member-entries.ts'

/**
 * `trained`: from a trainer to the aggregators of the round. `aggregated`: from an aggregator to the trainers of it.
 * `closed`: the round has been aggregated. `final`: the job is over, and this is its model.
 */
export type NoticeKind = 'trained' | 'aggregated' | 'closed' | 'final'

/** A kind's number on the wire is its place here. */
const KINDS: readonly NoticeKind[] = ['trained', 'aggregated', 'closed', 'final']

/** "I have a model for you: pull it", or, with `closed`, "round `round` has been aggregated". */
export interface ModelNotice {
  readonly kind: NoticeKind
  /** uint32. */
  readonly round: number
  /** Of the model that it is about. */
  readonly ref: ModelRef
  /** Examples the sender trains on, uint32: its weight in a mean. The receiver bounds it. */
  readonly examples: number
  /** What the sender learnt lately of members: distinct peers, at most MAX_NOTICE_MEMBERS. */
  readonly members: readonly MemberEntry[]
  /** Of the sender's whole membership, 16 lower-case hex digits: nodes that differ in it can ask for the view. */
  readonly digest: string
}

/** What a node says that keeps no view. */
export const NO_DIGEST = '0'.repeat(16)

/** What we accept; from our own state, never from the message. */
export interface NoticeExpectation {
  /** Size of an encoded model of our job. */
  bytes: number
  /** With `trained`, where more than the model comes. @default bytes */
  trainedBytes?: number
  /** Inclusive on both ends. */
  minRound: number
  maxRound: number
  /** Entries with a later round are dropped. */
  maxMemberRound: number
}

export type NoticeRejectCode =
  | 'ERR_NOTICE_MALFORMED'
  | 'ERR_NOTICE_BYTES'
  | 'ERR_NOTICE_ROUND'
  | 'ERR_NOTICE_ANSWER_MALFORMED'

const VERSION = 1
const FIXED_BYTES = 60
const DIGEST = /^[0-9a-f]{16}$/
const ANSWER_VERSION = 1
const ANSWER_BYTES = 6

/** @throws {EncodeError} ERR_ENCODE_LIMIT */
export function encodeNotice(notice: ModelNotice): Uint8Array<ArrayBuffer> {
  const { kind, round, ref, examples, members, digest } = notice
  if (!isHash(ref.hash)) throw new EncodeError('a hash has 64 lower-case hex digits')
  if (!DIGEST.test(digest)) throw new EncodeError('a digest has 16 lower-case hex digits')
  if (members.length > MAX_NOTICE_MEMBERS) throw new EncodeError(`${members.length} members of ${MAX_NOTICE_MEMBERS}`)

  const writer = new ByteWriter(FIXED_BYTES + members.length * MAX_ENTRY_BYTES)
  writer.uint8(VERSION)
  writer.uint8(KINDS.indexOf(kind))
  writer.uint16(members.length)
  writer.uint32(round)
  writer.uint32(examples)
  writer.uint53(ref.bytes)
  writer.bytes(hashBytes(ref.hash))
  writer.bytes(hashBytes(digest))
  for (const entry of members) writeEntry(writer, entry)

  return writer.finish()
}

/**
 * @throws {RejectedError} ERR_NOTICE_MALFORMED and ERR_NOTICE_BYTES (`penalise`), ERR_NOTICE_ROUND (`ignore`: nodes
 * drift apart); never anything else
 */
export function decodeNotice(bytes: Uint8Array, expected: NoticeExpectation): ModelNotice {
  const notice = read(bytes, expected.maxMemberRound)
  const { kind, round, ref } = notice
  const due = kind === 'trained' ? (expected.trainedBytes ?? expected.bytes) : expected.bytes

  if (ref.bytes !== due) throw rejection('ERR_NOTICE_BYTES', 'penalise', { bytes: ref.bytes, expected: due })
  if (round < expected.minRound || round > expected.maxRound) {
    const { minRound, maxRound } = expected
    throw rejection('ERR_NOTICE_ROUND', 'ignore', { round, minRound, maxRound })
  }

  return notice
}

function read(bytes: Uint8Array, maxMemberRound: number): ModelNotice {
  const malformed = (): RejectedError => rejection('ERR_NOTICE_MALFORMED', 'penalise', { bytes: bytes.byteLength })
  if (bytes.byteLength > MAX_MESSAGE_BYTES) throw malformed()

  const reader = new ByteReader(bytes, malformed)
  if (reader.uint8() !== VERSION) throw malformed()

  const kind = KINDS[reader.uint8()]
  if (kind === undefined) throw malformed()

  const count = reader.uint16()
  if (count > MAX_NOTICE_MEMBERS) throw malformed()

  const round = reader.uint32()
  const examples = reader.uint32()
  const modelBytes = reader.uint53()
  const hash = hashText(reader.bytes(32))
  const digest = hashText(reader.bytes(8))
  const members = readEntries(reader, count, maxMemberRound, malformed)
  reader.end()

  return { kind, round, ref: { hash, bytes: modelBytes }, examples, members, digest }
}

export interface NoticeAnswer {
  /** Will the receiver pull the model? */
  readonly taken: boolean
  /** The receiver's own round, uint32. */
  readonly round: number
}

/** @throws {EncodeError} ERR_ENCODE_LIMIT */
export function encodeNoticeAnswer({ taken, round }: NoticeAnswer): Uint8Array<ArrayBuffer> {
  const writer = new ByteWriter(ANSWER_BYTES)
  writer.uint8(ANSWER_VERSION)
  writer.uint8(taken ? 1 : 0)
  writer.uint32(round)

  return writer.finish()
}

/**
 * `round` is any uint32: that the notice was taken holds whatever the peer
 * says of its round, so the caller bounds it before it believes it.
 *
 * @throws {RejectedError} ERR_NOTICE_ANSWER_MALFORMED (`penalise`); never anything else
 */
export function decodeNoticeAnswer(bytes: Uint8Array): NoticeAnswer {
  const malformed = (): RejectedError =>
    rejection('ERR_NOTICE_ANSWER_MALFORMED', 'penalise', { bytes: bytes.byteLength })
  const reader = new ByteReader(bytes, malformed)
  if (reader.uint8() !== ANSWER_VERSION) throw malformed()

  const taken = reader.uint8()
  if (taken > 1) throw malformed()

  const round = reader.uint32()
  reader.end()

  return { taken: taken === 1, round }
}

function rejection(
  code: NoticeRejectCode,
  verdict: Verdict,
  details: Record<string, number>
): RejectedError<NoticeRejectCode> {
  return new RejectedError(code, verdict, `notice rejected: ${code}`, details)
}
