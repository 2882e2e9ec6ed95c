import type { MemberStatus } from './membership.ts'
import type { Peer } from './network.ts'

/**
 * What a learner reports as it goes. Events inform logs, dashboards and
 * tests; control flow never depends on them. `ms` is the learner's clock.
 */
export type LearnerEvent =
  | {
      event: 'round:ended'
      round: number
      ms: number
      loss: number | null
      merged: number
      age: number
      waitedMs: number
    }
  /** This node merged the models of a sample: `merged` of `expected`, the first of which came `waitedMs` before. */
  | { event: 'model:aggregated'; round: number; ms: number; merged: number; expected: number; waitedMs: number }
  /** A round had fewer models, `have`, than its robust rule needs, and kept the model it had or took the mean. */
  | { event: 'merge:fell-back'; round: number; ms: number; have: number; needed: number; fallback: 'keep' | 'mean' }
  /** This node learnt that a peer joined or left, in the swarm's round `round` by its estimate. */
  | { event: 'member:changed'; ms: number; peer: Peer; status: MemberStatus; round: number }
  | { event: 'model:evaluated'; round: number; ms: number; accuracy: number; loss: number; final: boolean }
  | { event: 'model:rejected'; ms: number; peer: Peer; code: string; verdict: 'ignore' | 'penalise' }
  | { event: 'wait:expired'; ms: number; what: string; from: readonly Peer[] }
  | { event: 'phase:started'; ms: number; phase: 'train' | 'settle' | 'done' }

export type EventSink = (event: LearnerEvent) => void
