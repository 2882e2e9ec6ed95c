import { RejectedError, type Verdict } from '../interface/errors.ts'
import type { Peer } from '../interface/network.ts'
import { ByteReader } from './byte-reader.ts'
import { asciiBytes, ByteWriter, EncodeError } from './byte-writer.ts'
import { hashBytes, hashText, isHash } from './hex.ts'
import { MAX_INVITATION_BYTES, MAX_PEER_CHARS } from './limits.ts'

/**
 * What an invited peer may do. `train`: everything. `observe`: hear announcements, fetch models and logs; nothing that it
 * says or writes counts.
 */
export type Right = 'train' | 'observe'

/** Lets one peer into the swarm of one job, for a time. */
export interface Invitation {
  /** SHA-256 of the canonical job, 64 lower-case hex digits. */
  readonly jobId: string
  readonly peer: Peer
  /** Unix time in seconds: valid from this one on. */
  readonly notBefore: number
  /** Unix time in seconds: valid before this one. */
  readonly expires: number
  readonly right: Right
}

/** An invitation as it was signed; whose signature it is remains to be checked. */
export interface SignedInvitation {
  readonly invitation: Invitation
  /** What the signature covers. */
  readonly statement: Uint8Array
  readonly signature: Uint8Array
}

export type InvitationRejectCode = 'ERR_INVITE_MALFORMED' | 'ERR_INVITE_RIGHTS'

/** "STIV", little endian. */
const MAGIC = 0x56495453
const VERSION = 1
const HASH_BYTES = 32
const SIGNATURE_BYTES = 64
/** Bits of the rights; a bit that we don't know may take something away, so it is refused. */
const TRAIN = 1
/** Comes before the bytes that are signed: a signature for this says nothing else. */
const DOMAIN = new TextEncoder().encode('starling/invitation/1\n')

/** Everything but the signature. @throws {EncodeError} ERR_ENCODE_LIMIT */
export function encodeInvitation({ jobId, peer, notBefore, expires, right }: Invitation): Uint8Array<ArrayBuffer> {
  if (!isHash(jobId)) throw new EncodeError('a job id has 64 lower-case hex digits')

  const writer = new ByteWriter(MAX_INVITATION_BYTES - SIGNATURE_BYTES)
  writer.uint32(MAGIC)
  writer.uint8(VERSION)
  writer.bytes(hashBytes(jobId))
  const name = asciiBytes(peer, MAX_PEER_CHARS)
  writer.uint8(name.byteLength)
  writer.bytes(name)
  writer.uint53(notBefore)
  writer.uint53(expires)
  writer.uint8(right === 'train' ? TRAIN : 0)

  return writer.finish()
}

/** What an owner signs, of the bytes that {@link encodeInvitation} returns; the token is these bytes and the signature. */
export function invitationStatement(bytes: Uint8Array): Uint8Array {
  const statement = new Uint8Array(DOMAIN.byteLength + bytes.byteLength)
  statement.set(DOMAIN)
  statement.set(bytes, DOMAIN.byteLength)

  return statement
}

/**
 * @throws {RejectedError} ERR_INVITE_MALFORMED (`penalise`), ERR_INVITE_RIGHTS (`ignore`: from a later version); never
 * anything else
 */
export function decodeInvitation(token: Uint8Array): SignedInvitation {
  const malformed = (): RejectedError => rejection('ERR_INVITE_MALFORMED', 'penalise', { bytes: token.byteLength })
  if (token.byteLength > MAX_INVITATION_BYTES) throw malformed()

  const reader = new ByteReader(token, malformed)
  if (reader.uint32() !== MAGIC || reader.uint8() !== VERSION) throw malformed()

  const jobId = hashText(reader.bytes(HASH_BYTES))
  const peer = reader.ascii(reader.uint8(), MAX_PEER_CHARS)
  const notBefore = reader.uint53()
  const expires = reader.uint53()
  const rights = reader.uint8()
  const signature = reader.bytes(SIGNATURE_BYTES)
  reader.end()
  if (rights > TRAIN) throw rejection('ERR_INVITE_RIGHTS', 'ignore', { rights })

  const right = rights === TRAIN ? 'train' : 'observe'
  const statement = invitationStatement(token.subarray(0, token.byteLength - SIGNATURE_BYTES))

  return { invitation: { jobId, peer, notBefore, expires, right }, statement, signature: Uint8Array.from(signature) }
}

/** For people to pass on: one word, of letters, digits, - and _. */
export function invitationText(token: Uint8Array): string {
  return Buffer.from(token.buffer, token.byteOffset, token.byteLength).toString('base64url')
}

/** @throws {RejectedError} ERR_INVITE_MALFORMED */
export function parseInvitationText(text: string): Uint8Array {
  const word = text.trim()
  const token = Buffer.from(word, 'base64url') // takes anything, so it is held against what it should be
  if (token.toString('base64url') !== word || token.byteLength > MAX_INVITATION_BYTES) {
    throw rejection('ERR_INVITE_MALFORMED', 'penalise', { characters: word.length })
  }

  return Uint8Array.from(token)
}

function rejection(
  code: InvitationRejectCode,
  verdict: Verdict,
  details: Record<string, number>
): RejectedError<InvitationRejectCode> {
  return new RejectedError(code, verdict, `invitation rejected: ${code}`, details)
}
