import type { AbortOptions } from './startable.ts'

/** Where a learner stands: for status, logs and tests. */
export interface LearnerStatus {
  phase: 'idle' | 'train' | 'settle' | 'done'
  /** The newest round that this node took part in. */
  round: number
  /** Optimiser steps done. */
  steps: number
}

/**
 * One protocol, start to end, on the seams it is given: network, clock,
 * trainer, vectors. It never sees which implementations they are.
 */
export interface Learner {
  /** A copy. */
  readonly status: LearnerStatus
  /**
   * Runs until the budget is spent and the peers have what they need from
   * this node, or the signal aborts: then it says goodbye within a bounded
   * time and rejects with the signal's reason. Leaves no timer, handler or
   * listener behind, either way.
   */
  run(options?: AbortOptions): Promise<void>
}
