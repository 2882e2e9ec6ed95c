import { RejectedError, type Verdict } from '../interface/errors.ts'
import type { MemberEntry } from '../interface/membership.ts'
import type { ModelRef, Peer } from '../interface/network.ts'
import { ByteReader } from './byte-reader.ts'
import { asciiBytes, ByteWriter, EncodeError } from './byte-writer.ts'
import { hashBytes, hashText, isHash } from './hex.ts'
import { MAX_PEER_CHARS, MAX_VIEW_PAGE_MEMBERS } from './limits.ts'
import {
  isEntryWithin,
  MAX_ENTRY_BYTES,
  readEntry,
  readRoundOrNever,
  writeEntry,
  writeRoundOrNever
} from './member-entries.ts'

/** "Are you there? I am at `round`." Numbers are uint32. */
export interface Ping {
  readonly round: number
  /** Of the sender's newest change of membership. */
  readonly index: number
}

/** The model that a job ended with. */
export interface FinalModel extends ModelRef {
  readonly round: number
}

/** "I am." */
export interface Pong extends Ping {
  /** Newest round of which the responder has the model, -1 for none: who can go on when the last trainers are gone. */
  readonly held: number
  /** There when the responder knows that the job is over. */
  readonly final?: FinalModel
}

/** Asks for the part of a peer's view that lies after a peer, in ascending order; after `''` is all of it. */
export interface ViewQuery {
  readonly after: Peer | ''
}

export interface ViewPage {
  /** The responder's. */
  readonly round: number
  /** Ascending by peer, at most MAX_VIEW_PAGE_MEMBERS. */
  readonly members: readonly MemberEntry[]
  /** Do further members follow? */
  readonly more: boolean
}

/** A page as it arrived. */
export interface ReceivedViewPage extends ViewPage {
  /** Last peer of the page, dropped entries included: where the next query goes on. `''` for an empty page. */
  readonly last: Peer | ''
}

/**
 * What we accept; from our own state, never from the message. There is no
 * lower bound: whoever lags behind is told so by the answer.
 */
export interface RoundExpectation {
  maxRound: number
}

export interface PongExpectation extends RoundExpectation {
  /** Size of an encoded model of our job. */
  bytes: number
}

export interface ViewPageExpectation extends RoundExpectation {
  /**
   * What was asked: every member must come after it, so that asking on comes to an end.
   * @default ''
   */
  after?: Peer | ''
  /**
   * Entries with a later round are dropped.
   * @default maxRound
   */
  maxMemberRound?: number
}

export type ModestRejectCode =
  | 'ERR_PING_MALFORMED'
  | 'ERR_PONG_MALFORMED'
  | 'ERR_VIEW_QUERY_MALFORMED'
  | 'ERR_VIEW_PAGE_MALFORMED'
  | 'ERR_MEMBER_ROUND'

const VERSION = 1
const PING_BYTES = 9
const PONG_BYTES = PING_BYTES + 4 + 1 + 44
const VIEW_QUERY_BYTES = 2 + MAX_PEER_CHARS
/** Below MAX_MESSAGE_BYTES. */
const VIEW_PAGE_BYTES = 8 + MAX_VIEW_PAGE_MEMBERS * MAX_ENTRY_BYTES

/** @throws {EncodeError} ERR_ENCODE_LIMIT */
export function encodePing({ round, index }: Ping): Uint8Array<ArrayBuffer> {
  const writer = new ByteWriter(PING_BYTES)
  writer.uint8(VERSION)
  writer.uint32(round)
  writer.uint32(index)

  return writer.finish()
}

/** @throws {RejectedError} ERR_PING_MALFORMED (`penalise`), ERR_MEMBER_ROUND (`ignore`); never anything else */
export function decodePing(bytes: Uint8Array, { maxRound }: RoundExpectation): Ping {
  const reader = openMessage(bytes, PING_BYTES, 'ERR_PING_MALFORMED')
  const round = reader.uint32()
  const index = reader.uint32()
  reader.end()
  checkRound(round, maxRound)

  return { round, index }
}

/** @throws {EncodeError} ERR_ENCODE_LIMIT */
export function encodePong({ round, index, held, final }: Pong): Uint8Array<ArrayBuffer> {
  const writer = new ByteWriter(PONG_BYTES)
  writer.uint8(VERSION)
  writer.uint32(round)
  writer.uint32(index)
  writeRoundOrNever(writer, held)
  writer.uint8(final === undefined ? 0 : 1)
  if (final !== undefined) {
    if (!isHash(final.hash)) throw new EncodeError('a hash has 64 lower-case hex digits')
    writer.uint32(final.round)
    writer.uint53(final.bytes)
    writer.bytes(hashBytes(final.hash))
  }

  return writer.finish()
}

/**
 * @throws {RejectedError} ERR_PONG_MALFORMED (`penalise`, also for a final model of another size than the job's),
 * ERR_MEMBER_ROUND (`ignore`); never anything else
 */
export function decodePong(bytes: Uint8Array, expected: PongExpectation): Pong {
  const reader = openMessage(bytes, PONG_BYTES, 'ERR_PONG_MALFORMED')
  const round = reader.uint32()
  const index = reader.uint32()
  const held = readRoundOrNever(reader)
  const hasFinal = reader.uint8()
  if (hasFinal > 1) throw malformed('ERR_PONG_MALFORMED', bytes)

  const final = hasFinal === 1 ? readFinal(reader) : undefined
  reader.end()
  if (final !== undefined && final.bytes !== expected.bytes) throw malformed('ERR_PONG_MALFORMED', bytes)
  checkRound(Math.max(round, held, final?.round ?? 0), expected.maxRound)

  return final === undefined ? { round, index, held } : { round, index, held, final }
}

function readFinal(reader: ByteReader): FinalModel {
  const round = reader.uint32()
  const bytes = reader.uint53()
  const hash = hashText(reader.bytes(32))

  return { hash, bytes, round }
}

/** @throws {EncodeError} ERR_ENCODE_LIMIT */
export function encodeViewQuery({ after }: ViewQuery): Uint8Array<ArrayBuffer> {
  const writer = new ByteWriter(VIEW_QUERY_BYTES)
  writer.uint8(VERSION)
  writer.uint8(after.length)
  if (after !== '') writer.bytes(asciiBytes(after, MAX_PEER_CHARS))

  return writer.finish()
}

/** @throws {RejectedError} ERR_VIEW_QUERY_MALFORMED (`penalise`); never anything else */
export function decodeViewQuery(bytes: Uint8Array): ViewQuery {
  const reader = openMessage(bytes, VIEW_QUERY_BYTES, 'ERR_VIEW_QUERY_MALFORMED')
  const length = reader.uint8()
  const after = length === 0 ? '' : reader.ascii(length, MAX_PEER_CHARS)
  reader.end()

  return { after }
}

/** @throws {EncodeError} ERR_ENCODE_LIMIT */
export function encodeViewPage({ round, members, more }: ViewPage): Uint8Array<ArrayBuffer> {
  if (members.length > MAX_VIEW_PAGE_MEMBERS) throw new EncodeError(`${members.length} members on one page`)
  if (more && members.length === 0) throw new EncodeError('an empty page is the last')

  const writer = new ByteWriter(8 + members.length * MAX_ENTRY_BYTES)
  writer.uint8(VERSION)
  writer.uint8(more ? 1 : 0)
  writer.uint16(members.length)
  writer.uint32(round)
  let last = ''
  for (const entry of members) {
    if (entry.peer <= last) throw new EncodeError('members of a page ascend')
    writeEntry(writer, entry)
    last = entry.peer
  }

  return writer.finish()
}

/**
 * Members ascend, all after `after`, and an empty page is the last:
 * whoever asks on from `last` while `more` holds makes progress each time.
 *
 * @throws {RejectedError} ERR_VIEW_PAGE_MALFORMED (`penalise`), ERR_MEMBER_ROUND (`ignore`); never anything else
 */
export function decodeViewPage(bytes: Uint8Array, expected: ViewPageExpectation): ReceivedViewPage {
  const { maxRound, after = '', maxMemberRound = maxRound } = expected
  const reader = openMessage(bytes, VIEW_PAGE_BYTES, 'ERR_VIEW_PAGE_MALFORMED')
  const more = reader.uint8()
  const count = reader.uint16()
  const isBroken = more > 1 || count > MAX_VIEW_PAGE_MEMBERS || (more === 1 && count === 0)
  if (isBroken) throw malformed('ERR_VIEW_PAGE_MALFORMED', bytes)

  const round = reader.uint32()
  const members: MemberEntry[] = []
  let last = after
  for (let k = 0; k < count; k++) {
    const entry = readEntry(reader)
    if (entry.peer <= last) throw malformed('ERR_VIEW_PAGE_MALFORMED', bytes)
    if (isEntryWithin(entry, maxMemberRound)) members.push(entry)
    last = entry.peer
  }
  reader.end()
  checkRound(round, maxRound)

  return { round, members, more: more === 1, last: count === 0 ? '' : last }
}

/** A reader that stands after the version. */
function openMessage(bytes: Uint8Array, maxBytes: number, code: ModestRejectCode): ByteReader {
  if (bytes.byteLength > maxBytes) throw malformed(code, bytes)

  const reader = new ByteReader(bytes, () => malformed(code, bytes))
  if (reader.uint8() !== VERSION) throw malformed(code, bytes)

  return reader
}

function checkRound(round: number, maxRound: number): void {
  if (round > maxRound) throw rejection('ERR_MEMBER_ROUND', 'ignore', { round, maxRound })
}

function malformed(code: ModestRejectCode, bytes: Uint8Array): RejectedError<ModestRejectCode> {
  return rejection(code, 'penalise', { bytes: bytes.byteLength })
}

function rejection(
  code: ModestRejectCode,
  verdict: Verdict,
  details: Record<string, number>
): RejectedError<ModestRejectCode> {
  return new RejectedError(code, verdict, `message rejected: ${code}`, details)
}
