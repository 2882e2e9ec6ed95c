import { cpus } from 'node:os'
import { runBaselines } from '../../node/baseline.ts'
import { parseDevice } from '../../node/devices.ts'
import { isModelJob } from '../../node/job.ts'
import { samplesMembers } from '../../node/job-progress.ts'
import { isHonest } from './byzantine.ts'
import { isLiving } from './living.ts'
import type { Narrator } from './narrator.ts'
import { pooledScale } from './pooled-scale.ts'
import type { NodeRecord, RunRecord } from './run-record.ts'
import { summarise } from './summary.ts'

export interface CompareInit {
  device: string
  narrator: Narrator
  signal: AbortSignal
}

/** Trains each node alone, and one model on the pooled data, into the record; not for a run without a result. */
export async function compare(record: RunRecord, { device, narrator, signal }: CompareInit): Promise<void> {
  const { job } = record
  const finished = record.nodes.some((node) => isHonest(node) && node.accuracy !== undefined)
  // without gradients, other learners say nothing of what a node could do alone
  if (!finished || signal.aborted || !isModelJob(job)) return

  narrator.begin('baselines: each node alone, and one model on the pooled data')
  const sampled = samplesMembers(job)
  record.baseline = await runBaselines({
    job,
    device: parseDevice(device),
    threads: cpus().length,
    steps: record.nodes.map((node) => (isHonest(node) ? stepsOf(node, sampled) : 0)),
    ...(sampled
      ? { pooled: { steps: summarise(record).rounds * job.learner.localSteps, scale: pooledScale(record) } }
      : {}),
    onProgress: (fraction) => narrator.bar(fraction),
    signal
  }).catch((error: unknown) => {
    if (signal.aborted) return undefined
    throw error
  })
}

/** Where one model goes round, only some nodes have measured it at the end. */
function stepsOf(node: NodeRecord, sampled: boolean): number {
  const counts = sampled ? isLiving(node) : node.accuracy !== undefined

  return counts ? node.steps : 0
}
