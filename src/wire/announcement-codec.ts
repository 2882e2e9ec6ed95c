import { RejectedError, type Verdict } from '../interface/errors.ts'
import type { ModelRef, Peer } from '../interface/network.ts'
import { ByteReader } from './byte-reader.ts'
import { asciiBytes, ByteWriter, EncodeError } from './byte-writer.ts'
import { hashBytes, hashText, isHash } from './hex.ts'
import { MAX_ANNOUNCEMENT_PEERS, MAX_PEER_CHARS } from './limits.ts'

/** `train`: goes on training. `settle`: has trained enough, only merges. `done`: this is its last model. */
export type AnnouncedPhase = 'train' | 'settle' | 'done'

/** A phase's number on the wire is its place here. */
const PHASES: readonly AnnouncedPhase[] = ['train', 'settle', 'done']

/** "My model after round `round` can be pulled from me." */
export interface ModelAnnouncement {
  /** uint32, of the sender. */
  readonly round: number
  readonly ref: ModelRef
  /** Examples the sender trains on, uint32: its weight in a mean. The receiver bounds it. */
  readonly examples: number
  /** What comes after: more training, only merges, or nothing, so that nobody waits for it. */
  readonly phase: AnnouncedPhase
  /** Whom it is meant for; empty means everyone. */
  readonly to: readonly Peer[]
}

/** What we accept; from our own state, never from the message. */
export interface AnnouncementExpectation {
  /** Size of an encoded model of our job. */
  bytes: number
  /** Inclusive on both ends; without the upper one a peer could claim to be a million rounds ahead. */
  minRound: number
  maxRound: number
}

export type AnnouncementRejectCode = 'ERR_ANNOUNCEMENT_MALFORMED' | 'ERR_ANNOUNCEMENT_BYTES' | 'ERR_ANNOUNCEMENT_ROUND'

const VERSION = 1
const FIXED_BYTES = 51
const MAX_BYTES = FIXED_BYTES + MAX_ANNOUNCEMENT_PEERS * (1 + MAX_PEER_CHARS)

/** @throws {EncodeError} ERR_ENCODE_LIMIT */
export function encodeAnnouncement({ round, ref, examples, phase, to }: ModelAnnouncement): Uint8Array<ArrayBuffer> {
  if (!isHash(ref.hash)) throw new EncodeError('a hash has 64 lower-case hex digits')
  if (to.length > MAX_ANNOUNCEMENT_PEERS) throw new EncodeError(`${to.length} peers, limit ${MAX_ANNOUNCEMENT_PEERS}`)

  const writer = new ByteWriter(MAX_BYTES)
  writer.uint8(VERSION)
  writer.uint8(PHASES.indexOf(phase))
  writer.uint8(to.length)
  writer.uint32(round)
  writer.uint32(examples)
  writer.uint53(ref.bytes)
  writer.bytes(hashBytes(ref.hash))
  for (const peer of to) {
    const text = asciiBytes(peer, MAX_PEER_CHARS)
    writer.uint8(text.byteLength)
    writer.bytes(text)
  }

  return writer.finish()
}

/**
 * @throws {RejectedError} ERR_ANNOUNCEMENT_MALFORMED and ERR_ANNOUNCEMENT_BYTES (`penalise`),
 * ERR_ANNOUNCEMENT_ROUND (`ignore`: nodes drift apart); never anything else
 */
export function decodeAnnouncement(bytes: Uint8Array, expected: AnnouncementExpectation): ModelAnnouncement {
  const announcement = read(bytes)
  const { round, ref } = announcement

  if (ref.bytes !== expected.bytes) {
    throw rejection('ERR_ANNOUNCEMENT_BYTES', 'penalise', { bytes: ref.bytes, expected: expected.bytes })
  }
  if (round < expected.minRound || round > expected.maxRound) {
    const { minRound, maxRound } = expected
    throw rejection('ERR_ANNOUNCEMENT_ROUND', 'ignore', { round, minRound, maxRound })
  }

  return announcement
}

function read(bytes: Uint8Array): ModelAnnouncement {
  const malformed = (): RejectedError =>
    rejection('ERR_ANNOUNCEMENT_MALFORMED', 'penalise', { bytes: bytes.byteLength })
  if (bytes.byteLength > MAX_BYTES) throw malformed()

  const reader = new ByteReader(bytes, malformed)
  if (reader.uint8() !== VERSION) throw malformed()

  const phase = PHASES[reader.uint8()]
  if (phase === undefined) throw malformed()

  const count = reader.uint8()
  if (count > MAX_ANNOUNCEMENT_PEERS) throw malformed()

  const round = reader.uint32()
  const examples = reader.uint32()
  const modelBytes = reader.uint53()
  const hash = hashText(reader.bytes(32))
  const to = Array.from({ length: count }, () => reader.ascii(reader.uint8(), MAX_PEER_CHARS))
  reader.end()

  return { round, ref: { hash, bytes: modelBytes }, examples, phase, to }
}

function rejection(
  code: AnnouncementRejectCode,
  verdict: Verdict,
  details: Record<string, number>
): RejectedError<AnnouncementRejectCode> {
  return new RejectedError(code, verdict, `announcement rejected: ${code}`, details)
}
