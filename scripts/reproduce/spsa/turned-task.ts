import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type StartModel, trainStartModel } from './start-model.ts'
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

/** A model that can do Fashion-MNIST, and the same images turned. */
export interface TurnedTask extends StartModel {
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
  const start = await trainStartModel({
    job: {
      seed,
      model: { name: 'mlp', hidden: [64] },
      batchSize: BATCH,
      optimiser: { name: 'sgd', momentum: 0.9 },
      data: { set: 'fashion-mnist' }
    },
    epochs,
    learningRate: LEARNING_RATE,
    path: join(FOLDER, 'start.safetensors'),
    movedTo: `idx:${FOLDER}`
  })

  return { ...start, close: () => rm(FOLDER, { recursive: true, force: true }) }
}
