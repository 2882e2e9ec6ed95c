import { describeReachability } from '../../gossip/reachability.ts'
import type { ResultOf } from '../control/schema.ts'
import { jobId } from '../job.ts'
import { starlingVersion } from '../versions.ts'
import type { InspectContext } from './context.ts'
import { phaseOf } from './phase.ts'

/** Where the node stands. */
export function statusOf(context: InspectContext): ResultOf<'status'> {
  const { memory, dataDir, startedAt } = context
  const { job, network, waits, trainer, learner, checkpoints } = context.inside()
  const { round, steps } = learner?.status ?? { round: 0, steps: 0 }

  return {
    peer: network.self,
    name: job.name,
    jobId: jobId(job),
    version: starlingVersion(),
    pid: process.pid,
    startedAt,
    uptimeSeconds: (context.now() - context.startedMs) / 1000,
    learner: job.learner.name,
    phase: phaseOf({ trainer, learner }),
    isPaused: context.operator.isPaused,
    round,
    steps,
    device: trainer?.device ?? null,
    examples: trainer?.exampleCount ?? null,
    peers: network.peers().length,
    evaluation: memory.evaluation ?? null,
    reachability: describeReachability(network.reachability()),
    addresses: network.addresses(),
    dataDir,
    checkpoint: checkpoints?.newest ?? null,
    setHash: memory.replica?.setHash ?? null,
    modelHash: memory.replica?.modelHash ?? null,
    bytes: network.traffic(),
    waits: waits.list().length
  }
}
