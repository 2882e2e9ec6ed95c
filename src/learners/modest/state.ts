import { createHash } from 'node:crypto'
import { z } from 'zod'
import { CheckpointError } from '../../interface/checkpoint-error.ts'
import type { LearnerState } from '../../interface/rest.ts'
import type { MemberViewJson } from '../../sampling/member-view.ts'
import { MAX_PEER_CHARS } from '../../wire/limits.ts'
import { decodeModelInto, encodeModel } from '../../wire/model-codec.ts'
import { count, floatsOf, readData, roundNumber } from '../earlier-life.ts'
import type { HeldModel } from './parts.ts'

/** What a member goes on from. */
export interface ModestState {
  readonly steps: number
  readonly elapsedMs: number
  /** Newest round that was trained to its end. */
  readonly trained: number
  /** Newest round whose aggregate is safe. */
  readonly closed: number
  /** Newest round of the swarm known to have begun. */
  readonly swarmRound: number
  /** How long rounds take; undefined before two were seen. */
  readonly periodMs: number | undefined
  readonly view: MemberViewJson
  /** The newest model of the swarm that this member has; `isFinal`: the job is over, and this is what came of it. */
  readonly held: (HeldModel & { readonly isFinal: boolean }) | undefined
}

const roundOrNever = z.int().min(-1).max(0xffff_ffff)
const schema = z.strictObject({
  trained: roundNumber,
  closed: roundNumber,
  swarmRound: roundNumber,
  periodMs: z.number().min(0).nullable(),
  held: z.strictObject({ round: roundNumber, isFinal: z.boolean() }).nullable(),
  members: z.array(
    z.tuple([
      z.string().min(1).max(MAX_PEER_CHARS),
      roundOrNever,
      roundOrNever,
      count.max(0xffff_ffff),
      z.enum(['join', 'leave']),
      roundOrNever
    ])
  )
})

export function modestState({ held, ...standing }: ModestState, dim: number): LearnerState {
  const { steps, elapsedMs, trained, closed, swarmRound, periodMs = null, view } = standing
  const model = held === undefined ? null : { round: held.round, isFinal: held.isFinal }

  return {
    round: trained,
    steps,
    elapsedMs,
    vectors: held === undefined ? {} : { params: paramsOf(held, dim) },
    data: { trained, closed, swarmRound, periodMs, held: model, members: view.members }
  }
}

/**
 * Undoes {@link modestState}.
 *
 * @throws {CheckpointError} ERR_CHECKPOINT_DIM, ERR_CHECKPOINT_STATE
 */
export function readModestState(state: LearnerState, dim: number): ModestState {
  const { members, held: model, periodMs, ...data } = readData(schema, state)
  const params = floatsOf(state, 'params', dim)
  if ((params === undefined) !== (model === null)) {
    throw new CheckpointError('ERR_CHECKPOINT_STATE', 'state of a learner: a model and its round do not go together')
  }

  return {
    steps: state.steps,
    elapsedMs: state.elapsedMs,
    ...data,
    periodMs: periodMs ?? undefined,
    view: { members },
    held: params === undefined || model === null ? undefined : { ...heldModel(model.round, params), ...model }
  }
}

function heldModel(round: number, params: Float32Array): HeldModel {
  const encoded = encodeModel(params)
  const hash = createHash('sha256').update(encoded).digest('hex')

  return { round, ref: { hash, bytes: encoded.byteLength }, encoded }
}

/** The params of a model that a member holds, shape (dim), in memory of their own. */
export function paramsOf({ encoded }: HeldModel, dim: number): Float32Array {
  const params = new Float32Array(dim)
  decodeModelInto(encoded, { dim }, params)

  return params
}
