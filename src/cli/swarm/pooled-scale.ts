import type { RunRecord } from './run-record.ts'

/** How many times larger than a node's the batches on the pooled data are: as many nodes as train at a time. */
export function pooledScale({ job: { learner }, nodes }: Pick<RunRecord, 'job' | 'nodes'>): number {
  return 'sample' in learner ? Math.min(learner.sample, nodes.length) : nodes.length
}
