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
  /**
   * A round had fewer models, `have`, than its robust rule needs, and kept the model it had or took the mean. Also where
   * none came of the peers that it waited for, or its filter left all out.
   */
  | { event: 'merge:fell-back'; round: number; ms: number; have: number; needed: number; fallback: 'keep' | 'mean' }
  /** What came of a round's `have` models was beyond float32, and the round kept the model it had. */
  | { event: 'merge:overflowed'; round: number; ms: number; have: number }
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
  /**
   * How a replica stands, in the author's step `round`. `setHash`: of the projections that it holds; `modelHash`: SHA-256
   * of its integer state, equal wherever the set is; `projections`: how many count; `perSecond`: applied since the last
   * such event; `lags`: by author, how many of the longest log's projections it is behind; `payloadBytes`: projections
   * that this node has written, a byte each.
   */
  | {
      event: 'replica:measured'
      round: number
      ms: number
      setHash: string
      modelHash: string
      projections: number
      perSecond: number
      lags: Readonly<Record<Peer, number>>
      payloadBytes: number
      final: boolean
    }
  /** A peer has signed two logs: nothing of it counts from `place` on. */
  | { event: 'author:voided'; ms: number; peer: Peer; place: number }
  /** This node took its state from a peer, with `projections` in it, that `vouchers` others vouched for. */
  | { event: 'snapshot:adopted'; ms: number; peer: Peer; projections: number; vouchers: number }
  /**
   * What this node keeps on disk could not be written: `code` says why. `unpublished` projections of its own wait for the
   * disk; when they are `most`, it measures no more until the disk takes them.
   */
  | { event: 'journal:failed'; ms: number; code: string; unpublished: number; most: number }
  /** What this node keeps on disk had lost that many projections of its own, which its checkpoint has. */
  | { event: 'journal:mended'; ms: number; projections: number }
  /** A training ended in NaN or infinity and was undone: the steps are too large, or attackers spoilt the model. */
  | { event: 'training:diverged'; ms: number }
  /** The Fisher information of this node's model was beyond float32: in this round's merges the model counts for nothing. */
  | { event: 'fisher:overflowed'; round: number; ms: number }
  /** This node learnt that a peer joined or left, in the swarm's round `round` by its estimate. */
  | { event: 'member:changed'; ms: number; peer: Peer; status: MemberStatus; round: number }
  | { event: 'model:evaluated'; round: number; ms: number; accuracy: number; loss: number; final: boolean }
  | { event: 'model:rejected'; ms: number; peer: Peer; code: string; verdict: 'ignore' | 'penalise' }
  | { event: 'wait:expired'; ms: number; what: string; from: readonly Peer[] }
  | { event: 'phase:started'; ms: number; phase: 'train' | 'settle' | 'done' }

export type EventSink = (event: LearnerEvent) => void
