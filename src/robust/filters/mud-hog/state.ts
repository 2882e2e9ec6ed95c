import { z } from 'zod'
import { FilterStateError } from '../errors.ts'
import type { Sender } from '../filter.ts'
import { decodeState, encodeState } from '../state-codec.ts'
import { MAX_REASON, MAX_SENDER_NAME, readHeader } from '../state-header.ts'
import { UpdateHistory } from './history.ts'
import type { Remembered } from './mud-hog.ts'

/** What a state must be of, to be taken up. */
export interface MudHogShape {
  readonly name: string
  readonly dim: number
  readonly window: number
  readonly maxSenders: number
  /** Numbers of an update, as it is kept. */
  readonly length: number
}

export interface MudHogMemory {
  readonly key: readonly [number, number]
  readonly own: UpdateHistory
  /** Longest unheard first. */
  readonly senders: readonly (readonly [Sender, Remembered])[]
}

const count = z.int().min(0)
const uint32 = count.max(0xffff_ffff)

const headerSchema = z.strictObject({
  name: z.string(),
  dim: count,
  key: z.tuple([uint32, uint32]),
  own: uint32,
  senders: z.array(
    z.strictObject({
      sender: z.string().min(1).max(MAX_SENDER_NAME),
      count: uint32,
      standing: z.strictObject({
        findings: count,
        confirmed: z.enum(['sign flip', 'noise', 'targeted']).nullable(),
        lapses: count,
        isUnreliable: z.boolean()
      }),
      opinion: z.strictObject({
        score: z.number().min(0).max(1),
        isExcluded: z.boolean(),
        reason: z.string().max(MAX_REASON)
      })
    })
  )
})

export function encodeMudHog({ name, dim, window, length, key, own, senders }: MudHogShape & MudHogMemory): Uint8Array {
  const size = (window + 1) * length
  const floats = new Float32Array((senders.length + 1) * size)
  floats.set(own.floats())
  for (const [i, [, { history }]] of senders.entries()) floats.set(history.floats(), (i + 1) * size)
  const header = {
    name,
    dim,
    key,
    own: own.count,
    senders: senders.map(([sender, { history, standing, opinion }]) => ({
      sender,
      count: history.count,
      standing: { ...standing, confirmed: standing.confirmed ?? null },
      opinion
    }))
  }

  return encodeState({ header, floats })
}

/** @throws {FilterStateError} ERR_FILTER_STATE: not a state, or one of something else */
export function decodeMudHog(bytes: Uint8Array, shape: MudHogShape): MudHogMemory {
  const { header, floats } = decodeState(bytes)
  const { name, dim, key, own, senders } = readHeader(headerSchema, header)
  if (name !== shape.name || dim !== shape.dim) throw new FilterStateError('of another filter or model', { dim })

  const { window, length, maxSenders } = shape
  const size = (window + 1) * length
  const isUnique = new Set(senders.map(({ sender }) => sender)).size === senders.length
  if (senders.length > maxSenders || !isUnique || floats.length !== (senders.length + 1) * size) {
    throw new FilterStateError('its parts contradict each other', { senders: senders.length, floats: floats.length })
  }
  const historyOf = (updates: number, i: number): UpdateHistory =>
    new UpdateHistory({ window, length }, { count: updates, floats: floats.subarray(i * size, (i + 1) * size) })

  return {
    key,
    own: historyOf(own, 0),
    senders: senders.map(({ sender, count: updates, standing, opinion }, i) => [
      sender,
      {
        history: historyOf(updates, i + 1),
        standing: { ...standing, confirmed: standing.confirmed ?? undefined },
        opinion
      }
    ])
  }
}
