import { createHash } from 'node:crypto'
import { z } from 'zod'
import { CheckpointError } from '../../interface/checkpoint-error.ts'
import type { Json, LearnerState, StateVector } from '../../interface/rest.ts'
import type { Checkpoint, CheckpointOrigin } from './checkpoint.ts'

/** The kinds of vectors, by their names in a header. */
const TYPES = { float32: Float32Array, int32: Int32Array, uint8: Uint8Array } as const
export type VectorType = keyof typeof TYPES

/** Vectors of a state: few, and named by us. */
const MAX_VECTORS = 64
const MAX_JOB_CHARS = 65_536

export interface VectorEntry {
  readonly name: string
  readonly type: VectorType
  /** Numbers in it. */
  readonly length: number
}

/** A checkpoint without the numbers of its vectors. */
export interface CheckpointHeader {
  readonly jobId: string
  readonly origin: CheckpointOrigin
  readonly savedAt: string
  readonly state: Omit<LearnerState, 'vectors'>
  readonly vectors: readonly VectorEntry[]
}

const count = z.int().min(0)
const schema = z.strictObject({
  job: z.string().min(2).max(MAX_JOB_CHARS),
  peer: z.string().max(128),
  program: z.string().max(64),
  example: z.strictObject({
    shape: z.array(z.int().min(1)).max(8),
    type: z.enum(['float32', 'int32']),
    classes: z.int().min(1)
  }),
  savedAt: z.iso.datetime(),
  round: count,
  steps: count,
  elapsedMs: z.number().min(0),
  vectors: z
    .array(
      z.strictObject({ name: z.string().min(1).max(64), type: z.enum(['float32', 'int32', 'uint8']), length: count })
    )
    .max(MAX_VECTORS)
    .refine((entries) => new Set(entries.map(({ name }) => name)).size === entries.length, 'two vectors of one name'),
  // for its learner to check
  data: z.unknown()
})

/** The header's bytes; the vectors follow in the order of the state's keys. */
export function encodeHeader({ origin, savedAt, state }: Checkpoint): Uint8Array {
  const { round, steps, elapsedMs, vectors, data } = state
  const entries = Object.entries(vectors).map(([name, vector]) => ({
    name,
    type: typeOf(vector),
    length: vector.length
  }))

  const { shape, ...example } = origin.example
  const fields: z.input<typeof schema> = {
    ...{ ...origin, example: { ...example, shape: [...shape] } },
    ...{ savedAt, round, steps, elapsedMs, vectors: entries, data }
  }

  return new TextEncoder().encode(JSON.stringify(fields))
}

/** @throws {CheckpointError} ERR_CHECKPOINT_FORMAT */
export function decodeHeader(bytes: Uint8Array): CheckpointHeader {
  const result = schema.safeParse(jsonOf(bytes))
  if (!result.success) {
    const { path, message } = result.error.issues[0]!
    throw formatError(`its header: ${path.join('.') || 'all of it'}: ${message}`)
  }
  const { job, peer, program, example, savedAt, vectors, round, steps, elapsedMs, data } = result.data

  return {
    jobId: createHash('sha256').update(job).digest('hex'),
    origin: { job, peer, program, example },
    savedAt,
    state: { round, steps, elapsedMs, data: data as Json },
    vectors
  }
}

/** A vector of zeros, to be read into. @throws {RangeError} when there is no room for it */
export function newVector({ type, length }: VectorEntry): StateVector {
  return new TYPES[type](length)
}

export function vectorBytes({ type, length }: VectorEntry): number {
  return length * TYPES[type].BYTES_PER_ELEMENT
}

export function bytesOf(vector: StateVector): Uint8Array {
  return new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength)
}

export function formatError(why: string): CheckpointError {
  return new CheckpointError('ERR_CHECKPOINT_FORMAT', why)
}

function typeOf(vector: StateVector): VectorType {
  if (vector instanceof Float32Array) return 'float32'

  return vector instanceof Int32Array ? 'int32' : 'uint8'
}

function jsonOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    throw formatError('its header is no JSON')
  }
}
