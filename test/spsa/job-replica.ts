import { createRng } from '../../src/math/philox.ts'
import type { VectorHeap } from '../../src/math/vector-heap.ts'
import { isProjectionJob, jobId, type ProjectionJob, resolveJob } from '../../src/node/job.ts'
import { leadOf, projectionMath } from '../../src/node/projections.ts'
import type { SimulatedSigning } from '../../src/sim/signing.ts'
import { Replica } from '../../src/spsa/replica.ts'

/** A job of so many nodes and steps. */
export function projectionJob(
  nodes: number,
  rounds: number,
  learner: Partial<ProjectionJob['learner']> = {}
): ProjectionJob {
  const job = resolveJob({ data: { nodes }, budget: { rounds }, learner: { ...learner, name: 'spsa' } }, 'test')
  if (!isProjectionJob(job)) throw new Error('not a job of projections')

  return job
}

/** What a node of this job has, as the learner makes it; all weights begin at 0. */
export function jobReplica(
  job: ProjectionJob,
  { self, dim, vectors, signing }: { self: string; dim: number; vectors: VectorHeap; signing: SimulatedSigning }
): Replica {
  const math = projectionMath(job)
  const directions = math.directions((author, from, to) => replica.bytesOf(author, from, to))
  const lead = leadOf(job)
  const replica: Replica = new Replica({
    jobId: jobId(job),
    self,
    verify: signing.of(self).verify,
    vectors,
    start: new Float32Array(dim),
    scale: math.scale,
    isProjection: math.isProjection,
    maxLength: (job.budget.rounds ?? 0) * job.learner.queries,
    maxAuthors: 2 * job.data.nodes,
    trim: job.learner.trim,
    ...(lead === undefined ? {} : { lead }),
    keyOf: directions.of,
    forget: directions.forget,
    coefficientOf: math.coefficientOf
  })

  return replica
}

/** Bytes that are projections, as training might have it: half of them small. */
export function projectionBytes(seed: number, count: number): Uint8Array {
  const rng = createRng(seed, 'projections')

  return Uint8Array.from({ length: count }, () => (rng.below(2) === 0 ? rng.below(0x80) : 0x81 + rng.below(0x7f)))
}
