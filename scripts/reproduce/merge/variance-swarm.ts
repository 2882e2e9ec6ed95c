import type { CurveInit } from './curve.ts'
import type { Start } from './swarm-rounds.ts'

/** What is compared: how nodes begin, and how they merge. */
export interface Way {
  title: string
  start: Start
  merge: string
}

export const PLAIN: Way = { title: 'plain, independent starts', start: 'independent', merge: 'mean' }
export const CORRECTED: Way = {
  title: 'variance-corrected, independent starts',
  start: 'independent',
  merge: 'variance-corrected'
}
export const COMMON: Way = { title: 'plain, common start', start: 'common', merge: 'mean' }

/** Corrected over plain. */
export const MAX_OF_PLAIN = 0.4
/** Corrected over common start. */
export const MAX_OF_COMMON = 1.2

/** Sixteen nodes, one step a round. */
export const SWARM = {
  nodes: 16,
  degree: 8,
  data: 'fashion-mnist',
  partition: 'iid',
  hidden: [128, 64],
  batchSize: 32,
  optimiser: { name: 'sgd', momentum: 0 },
  learningRate: 0.1,
  testLimit: 2000,
  rounds: 600,
  every: 5,
  /** The accuracy that rounds are counted to, in the mean over nodes. */
  goal: 0.8
} as const satisfies Partial<CurveInit> & { goal: number }

/** The same, small: to see that it works. */
export const QUICK_SWARM = {
  ...SWARM,
  nodes: 6,
  degree: 4,
  hidden: [32, 16],
  testLimit: 500,
  rounds: 60,
  goal: 0.6
} as const
