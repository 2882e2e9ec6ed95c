import { progressOf } from '../learners/budget.ts'
import type { Job } from './job.ts'

/** Whether the job's learner draws who trains in a round, so that a node trains in some rounds only. */
export function samplesMembers({ learner }: Pick<Job, 'learner'>): boolean {
  return 'sample' in learner
}

/** Whether nodes exchange projections, not models: their rounds are steps, a projection or more each. */
export function sendsProjections({ learner }: Pick<Job, 'learner'>): boolean {
  return learner.name === 'spsa'
}

/**
 * The round that a swarm is in: the mean of its nodes' newest ones. Of a learner that samples the newest of all: a node
 * that has not been drawn for long is not behind.
 */
export function swarmRound(job: Job, nodes: readonly { rounds: number }[]): number {
  if (samplesMembers(job)) return nodes.reduce((newest, { rounds }) => Math.max(newest, rounds), 0)

  return nodes.length === 0 ? 0 : nodes.reduce((sum, { rounds }) => sum + rounds, 0) / nodes.length
}

/** How far a swarm's training is, 0 to 1: by the round it is in, or by time. */
export function jobProgress(job: Job, nodes: readonly { rounds: number; state: string }[], seconds: number): number {
  const living = nodes.filter(({ state }) => state !== 'died')
  if (living.length === 0) return 1

  return progressOf(job.budget, swarmRound(job, living), seconds * 1000)
}
