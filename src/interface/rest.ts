import type { AbortOptions } from './startable.ts'
import type { Evaluation } from './trainer.ts'

/** Plain data: what JSON can say. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

/** Numbers of a node's state that are many: models, momentum, integer states, logs. */
export type StateVector = Float32Array | Int32Array | Uint8Array

/** What a learner needs, besides its job, to go on where it was. */
export interface LearnerState {
  /** The newest round that is over. */
  readonly round: number
  /** Optimiser steps done. */
  readonly steps: number
  /** Of its own clock since it began, earlier lives included: budgets and schedules of time go on. */
  readonly elapsedMs: number
  /**
   * What is long, by name; `params` is the model itself, and absent where a node holds none. Live memory:
   * copy it before the rest ends.
   */
  readonly vectors: Readonly<Record<string, StateVector>>
  /** Everything else: where generators stand, members known, what is in hand. */
  readonly data: Json
}

/** A moment between two pieces of a learner's work. Until its visitors are through, nothing of the learner changes. */
export interface Rest {
  readonly round: number
  readonly steps: number
  /** The run is over, or has been told to stop: what is not kept now is lost. */
  readonly isLast: boolean
  state(): LearnerState
  /** Of the model as it is now, on the common test set. Absent where this node holds none at the moment. */
  evaluate?(options?: AbortOptions): Promise<Evaluation>
}

/**
 * Called by a learner at each rest: after every round, or every few steps, and last when it ends or is told to stop.
 * Rejects with the signal's reason when that aborts.
 */
export type RestVisitor = (rest: Rest, options: AbortOptions) => Promise<void>
