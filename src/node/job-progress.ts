import { progressOf } from '../learners/budget.ts'
import type { Job } from './job.ts'

/** How far a swarm's training is, 0 to 1: by the mean of its nodes' rounds, or by time. */
export function jobProgress(job: Job, nodes: readonly { rounds: number; state: string }[], seconds: number): number {
  const living = nodes.filter(({ state }) => state !== 'died')
  if (living.length === 0) return 1

  const mean = living.reduce((sum, node) => sum + node.rounds, 0) / living.length

  return progressOf(job.budget, mean, seconds * 1000)
}
