import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { locateText } from './locate-text.ts'
import { type StartModel, trainStartModel } from './start-model.ts'
import { upperCased } from './upper-case.ts'

/** See the folder of turned images. */
const FOLDER = join('node_modules', '.cache', 'starling-upper')
const LENGTH = 64
const EPOCHS = 3
const BATCH = 16
const LEARNING_RATE = 0.002

/** A model that goes on with a text, character by character, and the same text in capitals. */
export interface TextTask extends StartModel {
  /** Deletes what was written. */
  close(): Promise<void>
}

export interface TextTaskInit {
  /** Of the first model and of its training. */
  seed: number
  /** @default 3 */
  epochs?: number
}

/** Trains a small GPT by gradient, in one place, and writes the text in capitals. */
export async function openTextTask({ seed, epochs = EPOCHS }: TextTaskInit): Promise<TextTask> {
  const original = locateText('tinyshakespeare.txt', { env: process.env, cwd: process.cwd() })
  await mkdir(FOLDER, { recursive: true })
  const capitals = join(FOLDER, 'capitals.txt')
  await writeFile(capitals, upperCased(await readFile(original, 'utf8')))
  const start = await trainStartModel({
    job: {
      seed,
      model: { name: 'gpt', layers: 2, width: 32, heads: 4 },
      batchSize: BATCH,
      optimiser: { name: 'adamw' },
      data: { set: `text:${original}?length=${LENGTH}` }
    },
    epochs,
    learningRate: LEARNING_RATE,
    path: join(FOLDER, 'start.safetensors'),
    movedTo: `text:${capitals}?length=${LENGTH}`
  })

  return { ...start, close: () => rm(FOLDER, { recursive: true, force: true }) }
}
