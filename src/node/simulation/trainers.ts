import type { VectorMath } from '../../interface/vectors.ts'
import type { Relabelling } from '../../train/data/relabel.ts'
import type { DeviceChoice } from '../../train/engine/device.ts'
import { createEngine } from '../../train/engine/engine.ts'
import type { TrainerPool } from '../../train/engine/trainer-pool.ts'
import type { Job } from '../job.ts'
import { type AnyTrainer, isSampling } from '../learner.ts'
import { openTrainer, openTrainerPool } from '../training.ts'

/** One node's training, and what it says of its data. */
export interface SimulatedTraining {
  training: AnyTrainer
  device: string
  examples: number
  classCounts: number[]
  testExamples: number
  /** Gives back what it holds; idempotent. */
  release(): Promise<void>
}

export interface OpenTrainingOptions {
  /** This node trains on these labels in place of the data's: an attack. */
  relabel?: Relabelling | undefined
}

/** Where the nodes of a simulated swarm get their trainers: real ones, or stand-ins. */
export interface TrainerSource {
  open(index: number, options?: OpenTrainingOptions): Promise<SimulatedTraining>
  close(): Promise<void>
}

/** More threads than this would only wait: a round trains few nodes at a time. */
const MAX_SLOTS = 8

export interface EngineTrainersInit {
  job: Job
  device: DeviceChoice
  /** Nodes that train at a time, in a thread each; results do not depend on it. */
  threads: number
  vectors: VectorMath
}

/** Real training. All nodes share one engine; with a learner that samples who trains, they share one compiled trainer. */
export async function engineTrainers(init: EngineTrainersInit): Promise<TrainerSource> {
  const { job, device, threads, vectors } = init
  const engine = await createEngine({ device })
  try {
    const pool = isSampling(job.learner)
      ? await openTrainerPool(engine, { job, slots: Math.min(MAX_SLOTS, threads) })
      : undefined
    const open = pool === undefined ? ownTrainer : pooledTrainer(pool)

    return { open, close: () => engine.close() }
  } catch (error) {
    await engine.close()
    throw error
  }

  async function ownTrainer(index: number, { relabel }: OpenTrainingOptions = {}): Promise<SimulatedTraining> {
    const trainer = await openTrainer(engine, { job, share: { kind: 'slice', index }, vectors, relabel })
    let released: Promise<void> | undefined
    const release = async (): Promise<void> => {
      await trainer.close()
      vectors.free(trainer.params)
    }

    return {
      training: { kind: 'live', trainer },
      ...factsOf(trainer),
      release: () => (released ??= release())
    }
  }
}

function pooledTrainer(pool: TrainerPool): TrainerSource['open'] {
  return async (index, { relabel } = {}) => {
    const trainer = pool.forSlice(index, { relabel })

    return { training: { kind: 'stateless', trainer }, ...factsOf(trainer), release: () => trainer.close() }
  }
}

interface Facts {
  device: string
  exampleCount: number
  classCounts: readonly number[]
  testCount: number
}

function factsOf({ device, exampleCount, classCounts, testCount }: Facts) {
  return { device, examples: exampleCount, classCounts: [...classCounts], testExamples: testCount }
}
