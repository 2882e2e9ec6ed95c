import type { LearnerEvent } from '../interface/events.ts'
import type { Peer } from '../interface/network.ts'

/** Bytes on the wire since the node started. */
export interface BytesSoFar {
  sent: number
  received: number
}

/** What a running node reports: a line of JSON each with `--json`. */
export type NodeEvent =
  | {
      event: 'node:ready'
      peer: Peer
      addresses: string[]
      jobId: string
      pid: number
      device: string
      ms: number
      /** Of a Byzantine node: what it does. */
      attack?: string
    }
  | { event: 'data:loaded'; examples: number; classCounts: number[]; testExamples: number; dim: number }
  | { event: 'peer:connected'; peer: Peer }
  | { event: 'peer:disconnected'; peer: Peer }
  | { event: 'peer:rejected'; peer: Peer; code: string; verdict: 'ignore' | 'penalise' }
  /** So many more were turned away at the door in the last seconds, by code. */
  | { event: 'strangers:refused'; counts: Record<string, number> }
  | { event: 'job:mismatched'; peer: Peer; differences: string[] }
  | (LearnerEvent & { bytes: BytesSoFar })
  | {
      event: 'node:stopped'
      reason: 'finished' | 'signal' | 'failed'
      /** What it failed with, in a simulation. */
      code?: string
      rounds: number
      steps: number
      bytes: BytesSoFar
    }

export type NodeEventSink = (event: NodeEvent) => void

/** The names of all events, for whoever chooses among them. */
export const NODE_EVENTS = [
  'node:ready',
  'data:loaded',
  'peer:connected',
  'peer:disconnected',
  'peer:rejected',
  'strangers:refused',
  'job:mismatched',
  'round:ended',
  'model:aggregated',
  'merge:fell-back',
  'merge:overflowed',
  'model:merged',
  'peer:scored',
  'replica:measured',
  'author:voided',
  'snapshot:adopted',
  'journal:failed',
  'training:diverged',
  'fisher:overflowed',
  'member:changed',
  'model:evaluated',
  'model:rejected',
  'wait:expired',
  'phase:started',
  'node:stopped'
] as const satisfies readonly NodeEvent['event'][]

/** Does not compile while an event is missing from the list. */
type Missing = Exclude<NodeEvent['event'], (typeof NODE_EVENTS)[number]>
true satisfies [Missing] extends [never] ? true : Missing
