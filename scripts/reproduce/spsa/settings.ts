import type { JobInput } from '../../../src/node/job.ts'

export const NODES = 16
export const LINEAR_STEPS = 2000
export const LINEAR_PEAK = 0.004
/** Small ones: what waits to be sent is what others do without. */
const LINEAR_MESSAGE = 8
const LINEAR_BATCH = 256
/** Test examples for a point on a curve; what is compared at the end is on all of them. */
export const TEST_EXAMPLES = 2000

export interface LinearInit {
  seed: number
  nodes: number
  steps: number
  peak: number
}

/** The linear model on Fashion-MNIST, from the job's first model, in projections. */
export function linearJob({ seed, nodes, steps, peak }: LinearInit): JobInput {
  return {
    seed,
    data: { set: 'fashion-mnist', partition: 'iid', nodes },
    model: { name: 'linear' },
    batchSize: LINEAR_BATCH,
    learner: { name: 'spsa', batchProjections: LINEAR_MESSAGE },
    learningRate: { peak },
    budget: { rounds: steps },
    evaluation: { points: 10, limit: TEST_EXAMPLES }
  }
}

export const FINETUNE_STEPS = 3000
export const FINETUNE_PEAK = 0.003

export interface FinetuneInit {
  steps: number
  /** Candidate directions; a fresh one each time when left out. */
  pool?: number
}

/** On from a model, in projections. */
export function finetuneJob(common: JobInput, { steps, pool }: FinetuneInit): JobInput {
  return {
    ...common,
    batchSize: 64,
    learner: { name: 'spsa', ...(pool === undefined ? {} : { pool: { size: pool } }) },
    learningRate: { peak: FINETUNE_PEAK },
    budget: { rounds: steps },
    evaluation: { points: 20, limit: TEST_EXAMPLES }
  }
}

export const TEXT_STEPS = 1000
const TEXT_PEAK = 0.001
const TEXT_EPSILON = 0.001
/** Windows of text, of 64 characters each. */
const TEXT_BATCH = 8
/** Windows for a point on a curve; what is compared at the end is on all of them. */
const TEXT_TEST = 200

/** A language model on from where gradients left it, in projections. */
export function textJob(common: JobInput, steps: number, { peak = TEXT_PEAK, epsilon = TEXT_EPSILON } = {}): JobInput {
  return {
    ...common,
    batchSize: TEXT_BATCH,
    learner: { name: 'spsa', epsilon },
    learningRate: { peak },
    budget: { rounds: steps },
    evaluation: { points: 10, limit: TEXT_TEST }
  }
}

const TEXT_GRADIENT_PEAK = 0.001
const TEXT_ROUNDS = 20

/** On from the same model, in models, evaluated after every round. */
export function textFedavgJob(common: JobInput, peak = TEXT_GRADIENT_PEAK): JobInput {
  const sizes = { sample: 10, localSteps: 10 }

  return {
    ...modelsJob(common, { name: 'fedavg', ...sizes }),
    batchSize: TEXT_BATCH,
    optimiser: { name: 'adamw' },
    learningRate: { peak, schedule: 'constant' },
    budget: { rounds: TEXT_ROUNDS },
    evaluation: { points: TEXT_ROUNDS, limit: TEXT_TEST }
  }
}

/** More than enough for what projections reach. */
const MAX_ROUNDS = 60
const GRADIENT_PEAK = 0.02

/** On from the same model, in models, evaluated after every round. */
export function fedavgJob(common: JobInput, sizes: { sample: number; localSteps: number }): JobInput {
  return modelsJob(common, { name: 'fedavg', ...sizes })
}

export function gossipJob(common: JobInput): JobInput {
  return modelsJob(common, { name: 'gossip' })
}

function modelsJob(common: JobInput, learner: NonNullable<JobInput['learner']>): JobInput {
  return {
    ...common,
    batchSize: 64,
    optimiser: { name: 'sgd', momentum: 0.9 },
    learner,
    // constant: what a round achieves must not depend on how many were planned
    learningRate: { peak: GRADIENT_PEAK, schedule: 'constant' },
    budget: { rounds: MAX_ROUNDS },
    evaluation: { points: MAX_ROUNDS, limit: TEST_EXAMPLES }
  }
}
