import { z } from 'zod'
import { FilterStateError } from '../errors.ts'
import type { Sender } from '../filter.ts'
import { decodeState, encodeState } from '../state-codec.ts'
import { MAX_REASON, MAX_SENDER_NAME, readHeader } from '../state-header.ts'
import type { Opinion } from './opinion.ts'

/** What a state must be of, to be taken up. */
export interface BristleShape {
  readonly name: string
  readonly dim: number
  readonly maxSenders: number
}

export interface BristleMemory {
  /** Undefined before the first training. */
  readonly start: Float32Array | undefined
  /** Longest unheard first. */
  readonly senders: readonly (readonly [Sender, Opinion])[]
}

const headerSchema = z.strictObject({
  name: z.string(),
  dim: z.int().min(0),
  senders: z.array(
    z.strictObject({
      sender: z.string().min(1).max(MAX_SENDER_NAME),
      score: z.number().min(0).max(1),
      isExcluded: z.boolean(),
      reason: z.string().max(MAX_REASON)
    })
  )
})

export function encodeBristle({ name, dim, start, senders }: BristleShape & BristleMemory): Uint8Array {
  const header = { name, dim, senders: senders.map(([sender, opinion]) => ({ sender, ...opinion })) }

  return encodeState({ header, floats: start ?? new Float32Array(0) })
}

/** @throws {FilterStateError} ERR_FILTER_STATE: not a state, or one of something else */
export function decodeBristle(bytes: Uint8Array, shape: BristleShape): BristleMemory {
  const { header, floats } = decodeState(bytes)
  const { name, dim, senders } = readHeader(headerSchema, header)
  if (name !== shape.name || dim !== shape.dim) throw new FilterStateError('of another filter or model', { dim })

  const isUnique = new Set(senders.map(({ sender }) => sender)).size === senders.length
  if (senders.length > shape.maxSenders || !isUnique || (floats.length !== 0 && floats.length !== dim)) {
    throw new FilterStateError('its parts contradict each other', { senders: senders.length, floats: floats.length })
  }

  return {
    start: floats.length === 0 ? undefined : floats,
    senders: senders.map(({ sender, ...opinion }) => [sender, opinion])
  }
}
