import { InvalidConfigError } from '../interface/errors.ts'
import type { Peer } from '../interface/network.ts'
import type { VectorMath } from '../interface/vectors.ts'
import type { Relabelling } from '../train/data/relabel.ts'
import type { Engine } from '../train/engine/engine.ts'
import type { PoolTrainer } from '../train/engine/pool-trainer.ts'
import type { EngineTrainer } from '../train/engine/trainer.ts'
import type { TrainerPool, TrainerPoolInit } from '../train/engine/trainer-pool.ts'
import type { DataShare } from './data-share.ts'
import type { Job } from './job.ts'
import { startOf } from './job-start.ts'
import { isSampling } from './learner.ts'

export interface StatelessTrainingInit {
  job: Job
  share: DataShare
  /** Tells nodes without a slice apart: their batches, and their own first models. */
  self?: Peer
  /** @default the job's */
  batchSize?: number
  /** Trains on these labels in place of the data's: an attack. */
  relabel?: Relabelling | undefined
}

export interface TrainingInit extends StatelessTrainingInit {
  vectors: VectorMath
}

export interface TrainerPoolOptions {
  job: Job
  /** Trainers that work at the same time. @default 1 */
  slots?: number
}

/** A trainer for a job: everything about a node's training that depends on more than the job is in `share`. */
export async function openTrainer(
  engine: Engine,
  { job, share, self, vectors, batchSize, relabel }: TrainingInit
): Promise<EngineTrainer> {
  const { partition, nodes } = job.data

  return engine.createTrainer({
    ...commonInit(job, share, batchSize),
    stream: streamOf(share, self),
    relabel,
    params: (dim) => vectors.allocate(dim),
    ...(share.kind === 'slice' ? { slice: { partition, nodes, index: share.index } } : {})
  })
}

/** The same for learners that sample who trains. Closing it closes all that was opened for it. */
export async function openStatelessTrainer(
  engine: Engine,
  { job, share, self, batchSize, relabel }: StatelessTrainingInit
): Promise<PoolTrainer> {
  const init = commonInit(job, share, batchSize)
  const pool = await engine.createTrainerPool(share.kind === 'slice' ? { ...init, cut: cutOf(job) } : init)
  const options = { relabel, onClose: () => pool.close() }

  return share.kind === 'slice' ? pool.forSlice(share.index, options) : pool.single(streamOf(share, self), options)
}

/** Trainers for all nodes of a job in one process; node i takes `forSlice(i)`. */
export async function openTrainerPool(engine: Engine, { job, slots = 1 }: TrainerPoolOptions): Promise<TrainerPool> {
  return engine.createTrainerPool({ ...commonInit(job, { kind: 'all' }), cut: cutOf(job), slots })
}

/** @throws {InvalidConfigError} when no node of this job keeps a model that it could save */
export function checkSave({ learner }: Job): void {
  if (!isSampling(learner)) return

  throw new InvalidConfigError(
    `--save: with ${learner.name} a node holds a model only while it is drawn; save with gossip or dpsgd`
  )
}

function commonInit(job: Job, share: DataShare, batchSize = job.batchSize): TrainerPoolInit {
  const { data, model, optimiser, seed, trainable } = job

  return {
    model,
    optimiser,
    data: share.kind === 'own' ? share.set : data.set,
    dataSeed: seed,
    batchSize,
    seed,
    start: startOf(job),
    trainable
  }
}

function cutOf({ data: { partition, nodes } }: Job): NonNullable<TrainerPoolInit['cut']> {
  return { partition, nodes }
}

/** Names a node's random numbers: its order of examples, and its first model where each has its own. */
function streamOf(share: DataShare, self: Peer | undefined): string {
  if (share.kind === 'slice') return `${share.index}`

  return self === undefined ? share.kind : `${share.kind} ${self}`
}
