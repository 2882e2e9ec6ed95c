import { z } from 'zod'
import type { Peer } from '../../interface/network.ts'
import type { LearnerState } from '../../interface/rest.ts'
import { MAX_PEER_CHARS } from '../../wire/limits.ts'
import { count, neededFloats, readData } from '../earlier-life.ts'

/** What a server goes on from, besides what every session does. */
export interface ServerState {
  readonly round: number
  /** Points of the curve that are done. */
  readonly evaluated: number
  /** Shape (dim): the model after that round. */
  readonly params: Float32Array
}

/** Who the server is: drawn once, and not again by a node that starts again, as others may be connected then. */
const server = z.string().min(1).max(MAX_PEER_CHARS).exactOptional()
const schema = z.discriminatedUnion('role', [
  z.strictObject({ role: z.literal('participant'), server }),
  z.strictObject({ role: z.literal('server'), evaluated: count, server })
])

/** Of a node that has no model of its own to go on from. */
export function participantData(server: Peer): { role: 'participant'; server: Peer } {
  return { role: 'participant', server }
}

export function serverData(evaluated: number, server: Peer): { role: 'server'; evaluated: number; server: Peer } {
  return { role: 'server', evaluated, server }
}

/**
 * @returns who the server was; undefined where that was not kept
 * @throws {CheckpointError} ERR_CHECKPOINT_STATE
 */
export function serverOf(state: LearnerState): Peer | undefined {
  return readData(schema, state).server
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
