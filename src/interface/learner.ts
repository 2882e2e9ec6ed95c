import type { MemberStatus } from './membership.ts'
import type { ModelRef, Peer } from './network.ts'
import type { AbortOptions } from './startable.ts'

/** Where a learner stands: for status, logs and tests. */
export interface LearnerStatus {
  phase: 'idle' | 'train' | 'settle' | 'done'
  /** The newest round that this node took part in. */
  round: number
  /** Optimiser steps done. */
  steps: number
}

/** A model that a node told others of. */
export interface ToldModel {
  readonly peer: Peer
  readonly round: number
  readonly ref: ModelRef
}

/** What is known of a member of the swarm. */
export interface KnownMember {
  readonly peer: Peer
  readonly status: MemberStatus
  /** Newest round in which it was known to be active; -1 for never. */
  readonly lastActive: number
}

/** What a learner knows of the swarm: for people, who look now and then. */
export interface LearnerView {
  /** The last model that each node told of, this one included. Its bytes may be gone by the time one asks for them. */
  readonly models: readonly ToldModel[]
  /** Whom this node sends to, as things are. */
  readonly neighbours: readonly Peer[]
  /** Read it at once or not at all; undefined where the protocol knows only who is connected. */
  readonly members: Iterable<KnownMember> | undefined
}

/**
 * One protocol, start to end, on the seams it is given: network, clock,
 * trainer, vectors. It never sees which implementations they are.
 */
export interface Learner {
  /** A copy. */
  readonly status: LearnerStatus
  /** Cheap enough to be asked every second. */
  inspect(): LearnerView
  /**
   * Runs until the budget is spent and the peers have what they need from
   * this node, or the signal aborts: then it says goodbye within a bounded
   * time and rejects with the signal's reason. Leaves no timer, handler or
   * listener behind, either way.
   */
  run(options?: AbortOptions): Promise<void>
  /**
   * The operator has shut a peer out: from the next step on nothing that it did counts here, as far as it can be undone.
   * Absent where nothing of a peer is kept.
   */
  ban?(peer: Peer): void
  /** It may take part again, and what it did counts again, as far as it was kept. */
  unban?(peer: Peer): void
}
