import type { AbortOptions } from './startable.ts'
import type { Evaluation } from './trainer.ts'

/** Plain data: what JSON can say. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

/** What a learner needs, besides its job, to go on where it was. */
export interface LearnerState {
  /** The newest round that it took part in. */
  readonly round: number
  /** Optimiser steps done. */
  readonly steps: number
  /** Of its own clock since it began, earlier lives included: budgets and schedules of time go on. */
  readonly elapsedMs: number
  /** Model, optimiser and what else is as long, by name. Live memory: copy it before the rest ends. */
  readonly vectors: Readonly<Record<string, Float32Array>>
  /** Everything else: positions of generators, members known, what a filter or deadline has learnt. */
  readonly data: Json
}

/** A moment between two pieces of a learner's work. Until its visitors are through, nothing of the learner changes. */
export interface Rest {
  readonly round: number
  readonly steps: number
  state(): LearnerState
  /** Of the model as it is now, on the common test set. Absent where this node holds none at the moment. */
  evaluate?(options?: AbortOptions): Promise<Evaluation>
}

/** Called by a learner at each rest: after every round, or every few steps, and last when it is told to stop. */
export type RestVisitor = (rest: Rest, options: AbortOptions) => Promise<void>
