import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { VectorHeap } from '../../../src/math/vector-heap.ts'
import { type Job, type JobInput, resolveJob } from '../../../src/node/job.ts'
import { pinStart } from '../../../src/node/job-start.ts'
import { openTrainer } from '../../../src/node/training.ts'
import { createEngine, type Engine } from '../../../src/train/engine/engine.ts'
import { writeTurned } from './turned-data.ts'

/**
 * From the working directory, not from the machine's temporary folder: it is part of the job, and so of what the
 * directions are drawn from.
 */
const FOLDER = join('node_modules', '.cache', 'starling-turned')
const DEGREES = 35
const EPOCHS = 4
const BATCH = 128
const LEARNING_RATE = 0.1
const MODEL = { name: 'mlp' as const, hidden: [64] }

/** A model that can do Fashion-MNIST, and the same images turned. */
export interface TurnedTask {
  /** What every job of the task has in common; nodes that share the turned images are still to be said. */
  job(nodes: number): Pick<JobInput, 'model' | 'data' | 'start'>
  /** Of the model that they begin with, on all test images: as they are, and turned. */
  before: { upright: number; turned: number }
  /** Deletes what was written. */
  close(): Promise<void>
}

export interface TurnedTaskInit {
  /** Of the first model and of its training. */
  seed: number
  /** @default 4 */
  epochs?: number
}

/** Trains the model by gradient, in one place, and turns the images. */
export async function openTurnedTask({ seed, epochs = EPOCHS }: TurnedTaskInit): Promise<TurnedTask> {
  await mkdir(FOLDER, { recursive: true })
  await writeTurned(FOLDER, DEGREES)
  const path = join(FOLDER, 'start.safetensors')
  const set = `idx:${FOLDER}`
  const engine = await createEngine({ device: 'cpu' })
  try {
    const optimiser = { name: 'sgd' as const, momentum: 0.9 }
    const upright = resolveJob(
      { seed, model: MODEL, batchSize: BATCH, optimiser, data: { set: 'fashion-mnist' } },
      'experiment'
    )
    const before = await train(engine, upright, { epochs, path })
    const start = `file:${path}` as const
    const turned = resolveJob(await pinStart({ seed, model: MODEL, start, data: { set } }), 'experiment')
    const { sha256 } = turned.start as { sha256: string }

    return {
      job: (nodes) => ({ model: MODEL, start: { sha256, file: path }, data: { set, partition: 'iid', nodes } }),
      before: { upright: before, turned: await accuracyOf(engine, turned) },
      close: () => rm(FOLDER, { recursive: true, force: true })
    }
  } finally {
    await engine.close()
  }
}

/** @returns accuracy on all test images */
async function train(engine: Engine, job: Job, { epochs, path }: { epochs: number; path: string }): Promise<number> {
  const trainer = await openTrainer(engine, { job, share: { kind: 'all' }, vectors: new VectorHeap() })
  const steps = Math.ceil((epochs * trainer.exampleCount) / job.batchSize)
  await trainer.train(steps, { learningRate: LEARNING_RATE })
  await trainer.save(path)
  const { accuracy } = await trainer.evaluate()
  await trainer.close()

  return accuracy
}

async function accuracyOf(engine: Engine, job: Job): Promise<number> {
  const trainer = await openTrainer(engine, { job, share: { kind: 'all' }, vectors: new VectorHeap() })
  const { accuracy } = await trainer.evaluate()
  await trainer.close()

  return accuracy
}
