import type { JobInput } from '../../src/node/job.ts'

export const LEARNERS = ['gossip', 'modest', 'dpsgd', 'spsa'] as const
export type LearnerName = (typeof LEARNERS)[number]

/** Of one node: its counts must fit the integers of the state, with as many authors as a swarm may have. */
const PROJECTION_STEPS = 150_000

/** A job that runs until it is stopped, with a slice of the data for every node. */
export function soakJob(learner: LearnerName, { nodes, seed }: { nodes: number; seed: number }): JobInput {
  const common = { name: `soak-${learner}`, seed, learningRate: { schedule: 'constant' } } as const
  if (learner === 'spsa') {
    return {
      ...common,
      model: { name: 'linear' },
      data: { set: 'glyphs', partition: 'iid', nodes },
      learner: { name: learner, schedule: 'constant' },
      budget: { rounds: PROJECTION_STEPS }
    }
  }

  return { ...common, data: { set: 'glyphs', partition: 'classes:2', nodes }, learner: { name: learner } }
}
