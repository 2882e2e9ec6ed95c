import { RejectedError } from '../interface/errors.ts'
import { ByteReader } from './byte-reader.ts'
import { ByteWriter, EncodeError } from './byte-writer.ts'
import { hashBytes, hashText, isHash } from './hex.ts'

/** "Send me the bytes of this model from `offset` on." */
export interface PullRequest {
  /** 64 lower-case hex digits. */
  readonly hash: string
  /** Bytes that the asker has already. */
  readonly offset: number
}

/** First byte of the answer; after `found` come the bytes from the offset to the model's end. */
export type PullStatus = 'found' | 'not-found' | 'busy'

export type PullRejectCode = 'ERR_PULL_MALFORMED'

const VERSION = 1
export const PULL_REQUEST_BYTES = 41
const STATUSES: readonly PullStatus[] = ['found', 'not-found', 'busy']

/** @throws {EncodeError} ERR_ENCODE_LIMIT */
export function encodePullRequest({ hash, offset }: PullRequest): Uint8Array<ArrayBuffer> {
  if (!isHash(hash)) throw new EncodeError('a hash has 64 lower-case hex digits')

  const writer = new ByteWriter(PULL_REQUEST_BYTES)
  writer.uint8(VERSION)
  writer.bytes(hashBytes(hash))
  writer.uint53(offset)

  return writer.finish()
}

/** @throws {RejectedError} ERR_PULL_MALFORMED (`penalise`); never anything else */
export function decodePullRequest(bytes: Uint8Array): PullRequest {
  const reader = new ByteReader(bytes, malformed)
  if (reader.uint8() !== VERSION) throw malformed()

  const hash = hashText(reader.bytes(32))
  const offset = reader.uint53()
  reader.end()

  return { hash, offset }
}

export function encodePullStatus(status: PullStatus): Uint8Array<ArrayBuffer> {
  return Uint8Array.of(STATUSES.indexOf(status))
}

/** @throws {RejectedError} ERR_PULL_MALFORMED (`penalise`) */
export function decodePullStatus(byte: number): PullStatus {
  const status = STATUSES[byte]
  if (status === undefined) throw malformed()

  return status
}

function malformed(): RejectedError<PullRejectCode> {
  return new RejectedError('ERR_PULL_MALFORMED', 'penalise', 'pull rejected: ERR_PULL_MALFORMED')
}
