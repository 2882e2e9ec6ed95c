import type { LearnerState, RestVisitor } from '../interface/rest.ts'
import type { Attacker } from './attacker.ts'
import type { Budget, LearningRateSpec } from './budget.ts'
import type { Rules } from './rules.ts'

/** What every learner is told. */
export interface LearnerInit {
  seed: number
  /** Optimiser steps a round. */
  localSteps: number
  learningRate: LearningRateSpec
  budget: Budget
  /** How the models of a round become one. @default the mean, weighted by examples where the learner says so */
  rules?: Rules
  /** Makes this node a Byzantine one. */
  attacker?: Attacker
  /** Points on the curve of accuracy over the run. */
  evaluations: number
  /** Test examples for such a point; the final evaluation takes all. */
  evaluationLimit: number
  /** Visited between rounds. */
  rest?: RestVisitor
  /** What an earlier life of this node left, to go on from; only read. */
  resume?: LearnerState
  /** How long a node that is through stays for those that are not. */
  lingerMs: number
}
