import { z } from 'zod'
import { CheckpointError } from '../../interface/checkpoint-error.ts'
import { RejectedError } from '../../interface/errors.ts'
import type { LearnerState } from '../../interface/rest.ts'
import type { Ledger } from '../../spsa/ledger/ledger.ts'
import type { Replica } from '../../spsa/replica.ts'
import type { Snapshot } from '../../spsa/snapshot.ts'
import { ByteReader } from '../../wire/byte-reader.ts'
import { ByteWriter } from '../../wire/byte-writer.ts'
import { isHash } from '../../wire/hex.ts'
import { MAX_PEER_CHARS } from '../../wire/limits.ts'
import type { LogBatch } from '../../wire/log-batch.ts'
import { batchBytes, readBatch, writeBatch } from '../../wire/log-batch-codec.ts'
import { count, readData } from '../earlier-life.ts'

/** What a node that writes projections goes on from; its journal has the logs. */
export interface SPSAState {
  readonly round: number
  readonly steps: number
  readonly elapsedMs: number
  /** Points of the curve that are done. */
  readonly evaluated: number
  /** Who wrote the log that the drafts belong to. */
  readonly self: string
  /** Length of this node's own log, all of it on disk then. */
  readonly written: number
  /** All of it, signed: should the journal be lost, nobody else may have its end. */
  readonly ownLog: readonly LogBatch[]
  /** Measured, and not in the log yet. */
  readonly drafts: readonly number[]
  /** The state without the drafts, in place of going through the logs again. */
  readonly snapshot: Snapshot
}

const uint32 = count.max(0xffff_ffff)
const hash = z.string().refine(isHash, 'expected 64 hex digits')
const schema = z.strictObject({
  evaluated: count,
  self: z.string().min(1).max(MAX_PEER_CHARS),
  written: uint32,
  drafts: z.array(count.max(255)),
  setHash: hash,
  logs: z.array(
    z.strictObject({
      author: z.string().min(1).max(MAX_PEER_CHARS),
      length: uint32,
      tip: z.string().regex(/^[0-9a-f]{16}$/),
      voidFrom: uint32.exactOptional()
    })
  )
})

export interface SPSAStanding extends Pick<SPSAState, 'round' | 'steps' | 'elapsedMs' | 'evaluated' | 'self'> {
  replica: Replica
  /** Shape (dim): the weights are written here. */
  params: Float32Array
}

export function spsaState(standing: SPSAStanding): LearnerState {
  const { round, steps, elapsedMs, evaluated, self, replica, params } = standing
  const { acc, logs, setHash } = replica.snapshot()
  replica.writeInto(params)

  return {
    round,
    steps,
    elapsedMs,
    vectors: { params, acc, log: encodeLog(replica.ledger, self) },
    data: {
      evaluated,
      self,
      written: replica.ledger.lengthOf(self),
      drafts: [...replica.drafts],
      setHash,
      logs: logs.map((log) => ({ ...log }))
    }
  }
}

/**
 * Undoes {@link spsaState}.
 *
 * @throws {CheckpointError} ERR_CHECKPOINT_DIM, ERR_CHECKPOINT_STATE
 */
export function readSPSAState(state: LearnerState, dim: number): SPSAState {
  const { setHash, logs, ...data } = readData(schema, state)
  const { acc } = state.vectors
  if (!(acc instanceof Int32Array)) {
    throw badState('no integers "acc"')
  }
  if (acc.length !== dim) {
    const message = `"acc" has ${acc.length} numbers, and the model of this job and data wants ${dim}`
    throw new CheckpointError('ERR_CHECKPOINT_DIM', message, { length: acc.length, expected: dim })
  }
  const { round, steps, elapsedMs } = state

  return { round, steps, elapsedMs, ...data, ownLog: decodeLog(state), snapshot: { logs, setHash, acc } }
}

function encodeLog(ledger: Ledger, self: string): Uint8Array {
  const batches: LogBatch[] = []
  for (let at = 0; at < ledger.lengthOf(self); ) {
    const batch = ledger.batchFrom(self, at)!
    batches.push(batch)
    at += batch.bytes.byteLength
  }
  const writer = new ByteWriter(batches.reduce((sum, batch) => sum + batchBytes(batch), 0))
  for (const batch of batches) writeBatch(writer, batch)

  return writer.finish()
}

function decodeLog({ vectors: { log } }: LearnerState): LogBatch[] {
  if (!(log instanceof Uint8Array)) throw badState('no bytes "log"')
  // of this disk, not of a peer: there is nobody to judge
  const malformed = (why: string) => new RejectedError('ERR_CHECKPOINT_STATE', 'ignore', why)
  const reader = new ByteReader(log, malformed)
  const batches: LogBatch[] = []
  try {
    while (!reader.isAtEnd) batches.push(readBatch(reader, malformed))
  } catch (error) {
    if (error instanceof RejectedError) throw badState(`its log: ${error.message}`)
    throw error
  }

  return batches
}

function badState(why: string): CheckpointError {
  return new CheckpointError('ERR_CHECKPOINT_STATE', `state of a learner: ${why}`)
}
