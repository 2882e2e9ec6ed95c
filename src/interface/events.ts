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
  /**
   * What a merge policy did in a round: `factor` is the root mean square of what it stretched tensors by, which says how
   * alike the models are (1: alike; sqrt(n): nothing in common); `moved` the fraction of hidden units that changed places.
   */
  | { event: 'model:merged'; round: number; ms: number; policy: string; factor?: number; moved?: number }
  /**
   * A filter has come to another conclusion about a peer: `score` from 0, distrusted, to 1. Excluded peers' models do not
   * count in the round.
   */
  | { event: 'peer:scored'; round: number; ms: number; peer: Peer; score: number; excluded: boolean; reason: string }
  /** This node learnt that a peer joined or left, in the swarm's round `round` by its estimate. */
  | { event: 'member:changed'; ms: number; peer: Peer; status: MemberStatus; round: number }
  | { event: 'model:evaluated'; round: number; ms: number; accuracy: number; loss: number; final: boolean }
  | { event: 'model:rejected'; ms: number; peer: Peer; code: string; verdict: 'ignore' | 'penalise' }
  | { event: 'wait:expired'; ms: number; what: string; from: readonly Peer[] }
  | { event: 'phase:started'; ms: number; phase: 'train' | 'settle' | 'done' }

export type EventSink = (event: LearnerEvent) => void
