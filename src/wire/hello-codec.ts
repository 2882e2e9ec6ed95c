import { RejectedError, type Verdict } from '../interface/errors.ts'
import { readAddresses, writeAddresses } from './addresses-codec.ts'
import { ByteReader } from './byte-reader.ts'
import { asciiBytes, ByteWriter, EncodeError } from './byte-writer.ts'
import { isHash } from './hex.ts'
import {
  JOB_ID_CHARS,
  MAX_AGENT_CHARS,
  MAX_HELLO_BYTES,
  MAX_INVITATION_BYTES,
  MAX_JOB_BYTES,
  MAX_KNOWN_ADDRESSES,
  MAX_LISTEN_ADDRESSES
} from './limits.ts'

/** The first message on a connection, each way: who we are and what we work on. */
export interface Hello {
  /** SHA-256 of `jobJson`, 64 lower-case hex digits. */
  readonly jobId: string
  /** The canonical job, so that a difference can be named. Text from a peer: parse it with care. */
  readonly jobJson: string
  /** Name and version of the program, no spaces. */
  readonly agent: string
  /** Addresses the sender listens on, as multiaddr text not yet parsed. */
  readonly listen: readonly string[]
  /** Addresses of others, each ending in their peer id, not yet parsed. */
  readonly known: readonly string[]
  /** Why the other's hello is refused; in the first hello, and where it is not, undefined. */
  readonly refusal?: HelloRefusal
  /** The sender's invitation, not yet decoded; undefined when it has none, or does not show it. */
  readonly invitation?: Uint8Array
}

/** What the one who was dialled may say against the dialler; in the order of their numbers on the wire, from 1. */
export const HELLO_REFUSALS = [
  'ERR_JOB_MISMATCH',
  'ERR_INVITE_UNLISTED',
  'ERR_INVITE_MISSING',
  'ERR_INVITE_MALFORMED',
  'ERR_INVITE_RIGHTS',
  'ERR_INVITE_JOB',
  'ERR_INVITE_BORROWED',
  'ERR_INVITE_FORGED',
  'ERR_INVITE_EARLY',
  'ERR_INVITE_EXPIRED'
] as const
export type HelloRefusal = (typeof HELLO_REFUSALS)[number]

/** Of the frames in `docs/PROTOCOL.md`; a change that old nodes cannot read raises it. */
export const PROTOCOL_VERSION = 2

export type HelloRejectCode = 'ERR_HELLO_MALFORMED' | 'ERR_HELLO_VERSION'

/** "STLH", little endian. */
const MAGIC = 0x484c5453
const NONE = new Uint8Array(0)

/** @throws {EncodeError} ERR_ENCODE_LIMIT */
export function encodeHello({
  jobId,
  jobJson,
  agent,
  listen,
  known,
  refusal,
  invitation = NONE
}: Hello): Uint8Array<ArrayBuffer> {
  if (!isHash(jobId)) throw new EncodeError('a job id has 64 lower-case hex digits')

  const job = new TextEncoder().encode(jobJson)
  if (job.byteLength > MAX_JOB_BYTES) throw new EncodeError(`job of ${job.byteLength} bytes, limit ${MAX_JOB_BYTES}`)

  const writer = new ByteWriter(MAX_HELLO_BYTES)
  writer.uint32(MAGIC)
  writer.uint16(PROTOCOL_VERSION)
  writer.bytes(asciiBytes(jobId, JOB_ID_CHARS))
  writer.uint16(job.byteLength)
  writer.bytes(job)
  const name = asciiBytes(agent, MAX_AGENT_CHARS)
  writer.uint8(name.byteLength)
  writer.bytes(name)
  writeAddresses(writer, listen, MAX_LISTEN_ADDRESSES)
  writeAddresses(writer, known, MAX_KNOWN_ADDRESSES)
  writer.uint8(refusal === undefined ? 0 : 1 + HELLO_REFUSALS.indexOf(refusal))
  if (invitation.byteLength > MAX_INVITATION_BYTES)
    throw new EncodeError(`invitation of ${invitation.byteLength} bytes`)
  writer.uint8(invitation.byteLength)
  writer.bytes(invitation)

  return writer.finish()
}

/**
 * @throws {RejectedError} ERR_HELLO_MALFORMED (`penalise`), ERR_HELLO_VERSION (`ignore`:
 * an honest peer of another version); never anything else
 */
export function decodeHello(bytes: Uint8Array): Hello {
  const malformed = (): RejectedError => rejection('ERR_HELLO_MALFORMED', 'penalise', { bytes: bytes.byteLength })
  if (bytes.byteLength > MAX_HELLO_BYTES) throw malformed()

  const reader = new ByteReader(bytes, malformed)
  if (reader.uint32() !== MAGIC) throw malformed()

  const version = reader.uint16()
  if (version !== PROTOCOL_VERSION) {
    throw rejection('ERR_HELLO_VERSION', 'ignore', { version, expected: PROTOCOL_VERSION })
  }

  const jobId = reader.ascii(JOB_ID_CHARS, JOB_ID_CHARS)
  if (!isHash(jobId)) throw malformed()

  const jobJson = reader.utf8(reader.uint16(), MAX_JOB_BYTES)
  const agent = reader.ascii(reader.uint8(), MAX_AGENT_CHARS)
  const listen = readAddresses(reader, MAX_LISTEN_ADDRESSES, malformed)
  const known = readAddresses(reader, MAX_KNOWN_ADDRESSES, malformed)
  const refused = reader.uint8()
  if (refused > HELLO_REFUSALS.length) throw malformed()
  const refusal = HELLO_REFUSALS[refused - 1]
  const invitation = Uint8Array.from(reader.bytes(reader.uint8())) // kept, when the frame is not
  reader.end()

  return {
    ...{ jobId, jobJson, agent, listen, known },
    ...(refusal === undefined ? {} : { refusal }),
    ...(invitation.byteLength === 0 ? {} : { invitation })
  }
}

function rejection(
  code: HelloRejectCode,
  verdict: Verdict,
  details: Record<string, number>
): RejectedError<HelloRejectCode> {
  return new RejectedError(code, verdict, `hello rejected: ${code}`, details)
}
