import type { Reachability } from '../gossip/reachability.ts'
import type { LearnerEvent } from '../interface/events.ts'
import type { Peer, PeerPath } from '../interface/network.ts'

/** Bytes on the wire since the node started. */
export interface BytesSoFar {
  sent: number
  received: number
}

/** What a running node reports: a line of JSON each with `--json`. */
export type NodeEvent =
  /** Others can join, at these addresses, the best first. Not in a simulation. */
  | { event: 'node:listening'; peer: Peer; addresses: readonly string[]; reachability: Reachability }
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
  /** `relayed`: through a relay, which carries no models. Not said in a simulation. */
  | { event: 'peer:connected'; peer: Peer; path?: PeerPath }
  /** It was connected the other way before. */
  | { event: 'peer:rerouted'; peer: Peer; path: PeerPath }
  | { event: 'peer:disconnected'; peer: Peer }
  | { event: 'peer:rejected'; peer: Peer; code: string; verdict: 'ignore' | 'penalise' }
  | { event: 'reachability:changed'; reachability: Reachability; addresses: readonly string[] }
  /** By order of the operator: a peer, or an IP address; until null for ever. */
  | { event: 'peer:banned'; who: string; reason: string; until: string | null }
  | { event: 'peer:unbanned'; who: string }
  /** So many more were turned away at the door in the last seconds, by code. */
  | { event: 'strangers:refused'; counts: Record<string, number> }
  /** This node goes on from an earlier life: a checkpoint of then. `isSpent`: nothing is left to train. */
  | { event: 'node:resumed'; path: string; round: number; steps: number; savedAt: string; isSpent: boolean }
  /** What this node needs to go on is on disk, as of then; `ms`: how long that took. `isLast`: the node stops. */
  | {
      event: 'checkpoint:saved'
      round: number
      steps: number
      path: string
      bytes: number
      ms: number
      isLast: boolean
    }
  /** It is not, and training goes on; `path`: of the folder. */
  | {
      event: 'checkpoint:failed'
      round: number
      steps: number
      code: string
      reason: string
      remedy: string
      path: string
    }
  /** A checkpoint can't be gone on from; `aside`: where it has been moved to. */
  | { event: 'checkpoint:refused'; path: string; code: string; reason: string; aside?: string }
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
  'node:listening',
  'node:ready',
  'data:loaded',
  'peer:connected',
  'peer:disconnected',
  'peer:rerouted',
  'peer:rejected',
  'reachability:changed',
  'peer:banned',
  'peer:unbanned',
  'strangers:refused',
  'job:mismatched',
  'node:resumed',
  'checkpoint:saved',
  'checkpoint:failed',
  'checkpoint:refused',
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
  'journal:mended',
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
