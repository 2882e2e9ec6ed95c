import { VectorHeap } from '../../../src/math/vector-heap.ts'
import { type Job, type JobInput, resolveJob } from '../../../src/node/job.ts'
import { pinStart } from '../../../src/node/job-start.ts'
import { openTrainer } from '../../../src/node/training.ts'
import { saveWeights } from '../../../src/node/weights.ts'
import { createEngine, type Engine } from '../../../src/train/engine/engine.ts'
import type { EngineTrainer } from '../../../src/train/engine/trainer.ts'

export interface StartModelInit {
  /** Data, model and optimiser of the training by gradient, in one place. */
  job: JobInput & { model: NonNullable<JobInput['model']> }
  epochs: number
  learningRate: number
  /** Where the model goes. */
  path: string
  /** `data.set` of what it is then moved to. */
  movedTo: string
}

/** A model that can do one thing, and data that it is to be moved to. */
export interface StartModel {
  /** What every job that goes on from it has in common; nodes that share the data are still to be said. */
  job(nodes: number): Pick<JobInput, 'model' | 'data' | 'start'>
  /** Accuracy on all test examples: of what it was trained on, and of what it is to be moved to. */
  before: { trained: number; moved: number }
}

export async function trainStartModel(init: StartModelInit): Promise<StartModel> {
  const { path, movedTo: set } = init
  const { model, seed } = init.job
  const engine = await createEngine({ device: 'cpu' })
  try {
    const trained = await train(engine, init)
    const input = await pinStart({ seed: seed ?? 1, model, start: `file:${path}`, data: { set } })
    const job = resolveJob(input, 'experiment')
    const { sha256 } = job.start as { sha256: string }
    const moved = await withTrainer(engine, job, accuracyOf)

    return {
      job: (nodes) => ({ model, start: { sha256, file: path }, data: { set, partition: 'iid', nodes } }),
      before: { trained, moved }
    }
  } finally {
    await engine.close()
  }
}

function train(engine: Engine, { job: input, epochs, learningRate, path }: StartModelInit): Promise<number> {
  const job = resolveJob(input, 'experiment')

  return withTrainer(engine, job, async (trainer) => {
    const steps = Math.ceil((epochs * trainer.exampleCount) / job.batchSize)
    await trainer.train(steps, { learningRate })
    await saveWeights(path, trainer)

    return accuracyOf(trainer)
  })
}

async function accuracyOf(trainer: EngineTrainer): Promise<number> {
  const { accuracy } = await trainer.evaluate()

  return accuracy
}

async function withTrainer<T>(engine: Engine, job: Job, use: (trainer: EngineTrainer) => Promise<T>): Promise<T> {
  const trainer = await openTrainer(engine, { job, share: { kind: 'all' }, vectors: new VectorHeap() })
  try {
    return await use(trainer)
  } finally {
    await trainer.close()
  }
}
