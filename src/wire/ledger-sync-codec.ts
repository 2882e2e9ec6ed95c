import { RejectedError } from '../interface/errors.ts'
import { ByteReader } from './byte-reader.ts'
import { ByteWriter, EncodeError } from './byte-writer.ts'
import { hashBytes, hashText, isHash } from './hex.ts'
import { MAX_MESSAGE_BYTES } from './limits.ts'
import type { Equivocation, LogBatch } from './log-batch.ts'
import {
  batchBytes,
  equivocationBytes,
  readBatch,
  readEquivocation,
  writeBatch,
  writeEquivocation
} from './log-batch-codec.ts'
import { type LogState, MAX_LOG_STATE_BYTES, readLogStates, writeLogStates } from './log-state.ts'

/** What a node has: whoever is asked sends what is missing. */
export interface LedgerQuery {
  /** 64 lower-case hex digits. */
  readonly setHash: string
  /** It writes no more projections. */
  readonly isFinished: boolean
  /** Of whoever asks: a number for it and the peers that it is connected to; uint32. */
  readonly neighbourhood: number
  /** Distinct authors, at most {@link MAX_QUERY_AUTHORS}. */
  readonly logs: readonly LogState[]
}

export interface LedgerAnswer {
  /** Of whoever answers: equal ones mean that nothing is missing. */
  readonly setHash: string
  /** It writes no more projections. */
  readonly isFinished: boolean
  /** Of whoever answers, as in {@link LedgerQuery}. */
  readonly neighbourhood: number
  readonly batches: readonly LogBatch[]
  readonly proofs: readonly Equivocation[]
}

export type LedgerSyncRejectCode = 'ERR_LEDGER_QUERY_MALFORMED' | 'ERR_LEDGER_ANSWER_MALFORMED'

const VERSION = 1
const HASH_BYTES = 32
const HEADER_BYTES = 2 + 4 + HASH_BYTES + 4

/** Authors that fit one query at their longest. */
export const MAX_QUERY_AUTHORS = Math.floor((MAX_MESSAGE_BYTES - HEADER_BYTES) / MAX_LOG_STATE_BYTES)
/** Bytes of batches and proofs that fit one answer. */
export const MAX_ANSWER_PAYLOAD = MAX_MESSAGE_BYTES - HEADER_BYTES

/** @throws {EncodeError} ERR_ENCODE_LIMIT */
export function encodeLedgerQuery({ logs, ...head }: LedgerQuery): Uint8Array<ArrayBuffer> {
  if (logs.length > MAX_QUERY_AUTHORS) throw new EncodeError(`${logs.length} authors of ${MAX_QUERY_AUTHORS}`)

  const writer = begin(head, HEADER_BYTES + logs.length * MAX_LOG_STATE_BYTES)
  writeLogStates(writer, logs)

  return writer.finish()
}

/** @throws {RejectedError} ERR_LEDGER_QUERY_MALFORMED (`penalise`); never anything else */
export function decodeLedgerQuery(message: Uint8Array): LedgerQuery {
  const malformed = rejection('ERR_LEDGER_QUERY_MALFORMED', message)
  const { reader, ...head } = open(message, malformed)
  const logs = readLogStates(reader, MAX_QUERY_AUTHORS, malformed)
  reader.end()

  return { ...head, logs }
}

/** @throws {EncodeError} ERR_ENCODE_LIMIT */
export function encodeLedgerAnswer({ batches, proofs, ...head }: LedgerAnswer): Uint8Array<ArrayBuffer> {
  const payload = [...batches.map(batchBytes), ...proofs.map(equivocationBytes)].reduce((sum, bytes) => sum + bytes, 0)
  if (payload > MAX_ANSWER_PAYLOAD) throw new EncodeError(`${payload} bytes of ${MAX_ANSWER_PAYLOAD}`)

  const writer = begin(head, HEADER_BYTES + payload)
  writer.uint16(batches.length)
  for (const batch of batches) writeBatch(writer, batch)
  writer.uint16(proofs.length)
  for (const proof of proofs) writeEquivocation(writer, proof)

  return writer.finish()
}

/** @throws {RejectedError} ERR_LEDGER_ANSWER_MALFORMED (`penalise`); never anything else */
export function decodeLedgerAnswer(message: Uint8Array): LedgerAnswer {
  const malformed = rejection('ERR_LEDGER_ANSWER_MALFORMED', message)
  const { reader, ...head } = open(message, malformed)
  const batches = repeat(reader.uint16(), () => readBatch(reader, malformed))
  const proofs = repeat(reader.uint16(), () => readEquivocation(reader, malformed))
  reader.end()

  return { ...head, batches, proofs }
}

/** Each item takes bytes: a count that is too large ends with the message. */
function repeat<T>(count: number, read: () => T): T[] {
  const items: T[] = []
  for (let i = 0; i < count; i++) items.push(read())

  return items
}

type Head = Pick<LedgerQuery, 'setHash' | 'isFinished' | 'neighbourhood'>

function begin({ setHash, isFinished, neighbourhood }: Head, capacity: number): ByteWriter {
  if (!isHash(setHash)) throw new EncodeError('a set hash has 64 lower-case hex digits')
  const writer = new ByteWriter(capacity)
  writer.uint8(VERSION)
  writer.uint8(isFinished ? 1 : 0)
  writer.uint32(neighbourhood)
  writer.bytes(hashBytes(setHash))

  return writer
}

function open(message: Uint8Array, malformed: () => RejectedError): Head & { reader: ByteReader } {
  if (message.byteLength > MAX_MESSAGE_BYTES) throw malformed()
  const reader = new ByteReader(message, malformed)
  if (reader.uint8() !== VERSION) throw malformed()
  const finished = reader.uint8()
  if (finished > 1) throw malformed()

  const neighbourhood = reader.uint32()

  return { reader, isFinished: finished === 1, neighbourhood, setHash: hashText(reader.bytes(HASH_BYTES)) }
}

function rejection(code: LedgerSyncRejectCode, { byteLength }: Uint8Array): () => RejectedError {
  return () => new RejectedError(code, 'penalise', `ledger message rejected: ${code}`, { bytes: byteLength })
}
