import { progressOf } from '../learners/budget.ts'
import type { Job } from './job.ts'

/** How far a swarm is, 0 to 1: by the mean of its nodes' rounds, settling included, or by time. */
export function jobProgress(job: Job, nodes: readonly { rounds: number; state: string }[], seconds: number): number {
  const living = nodes.filter(({ state }) => state !== 'died')
  if (living.length === 0) return 1

  const { rounds, seconds: limit } = job.budget
  const mean = living.reduce((sum, node) => sum + node.rounds, 0) / living.length
  const all = rounds === undefined ? {} : { rounds: rounds + job.learner.settleRounds }

  return progressOf({ ...all, ...(limit === undefined ? {} : { seconds: limit }) }, mean, seconds * 1000)
}
