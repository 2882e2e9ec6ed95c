import { z } from 'zod'
import type { LearnerState } from '../../interface/rest.ts'
import { count, neededFloats, readData } from '../earlier-life.ts'

/** What a server goes on from, besides what every session does. */
export interface ServerState {
  readonly round: number
  /** Points of the curve that are done. */
  readonly evaluated: number
  /** Shape (dim): the model after that round. */
  readonly params: Float32Array
}

export const PARTICIPANT_DATA = { role: 'participant' } as const

const schema = z.discriminatedUnion('role', [
  z.strictObject({ role: z.literal('participant') }),
  z.strictObject({ role: z.literal('server'), evaluated: count })
])

export function serverData(evaluated: number): { role: 'server'; evaluated: number } {
  return { role: 'server', evaluated }
}

/**
 * @returns undefined of a node that was no server then: all that it had came from the server
 * @throws {CheckpointError} ERR_CHECKPOINT_DIM, ERR_CHECKPOINT_STATE
 */
export function readServerState(state: LearnerState, dim: number): ServerState | undefined {
  const data = readData(schema, state)
  if (data.role === 'participant') return undefined

  return { round: state.round, evaluated: data.evaluated, params: neededFloats(state, 'params', dim) }
}
