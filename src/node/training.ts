import type { VectorMath } from '../interface/vectors.ts'
import type { Engine } from '../train/engine/engine.ts'
import type { EngineTrainer } from '../train/engine/trainer.ts'
import type { DataShare } from './data-share.ts'
import type { Job } from './job.ts'

export interface TrainingInit {
  job: Job
  share: DataShare
  vectors: VectorMath
  /** @default the job's */
  batchSize?: number
}

/** A trainer for a job: everything about a node's training that depends on more than the job is in `share`. */
export function openTrainer(engine: Engine, { job, share, vectors, batchSize }: TrainingInit): Promise<EngineTrainer> {
  const { data, model, optimiser, seed } = job
  const slice = { partition: data.partition, nodes: data.nodes }

  return engine.createTrainer({
    model,
    optimiser,
    data: share.kind === 'own' ? share.set : data.set,
    dataSeed: seed,
    batchSize: batchSize ?? job.batchSize,
    seed,
    stream: share.kind === 'slice' ? `${share.index}` : share.kind,
    params: (dim) => vectors.allocate(dim),
    ...(share.kind === 'slice' ? { slice: { ...slice, index: share.index } } : {})
  })
}
