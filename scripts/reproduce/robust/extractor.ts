import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { writeWeights } from '../../../src/node/weights.ts'
import type { Engine } from '../../../src/train/engine/engine.ts'
import type { StartFile } from '../../../src/train/engine/first-model.ts'
import type { ModelSpec } from '../../../src/train/models/registry.ts'
import { hashWeights } from '../../../src/train/weights-file.ts'

export interface ExtractorInit {
  model: ModelSpec
  /** What it is trained on: other data than those that its features are for. */
  data: string
  steps: number
  seed: number
}

/** Trains a model, and lends its weights as a file to `use`: whoever starts from it has its features. */
export async function withExtractor<T>(
  engine: Engine,
  { model, data, steps, seed }: ExtractorInit,
  use: (start: StartFile) => Promise<T>
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'starling-extractor-'))
  try {
    const path = join(folder, 'extractor.safetensors')
    const trainer = await engine.createTrainer({
      ...{ model, data, seed, dataSeed: seed, batchSize: 64, stream: 'extractor' },
      optimiser: { name: 'sgd', momentum: 0.9 }
    })
    await trainer.train(steps, { learningRate: 0.02 })
    await writeWeights(path, trainer.layout, trainer.params)
    await trainer.close()

    return await use({ path, sha256: await hashWeights(path) })
  } finally {
    await rm(folder, { recursive: true })
  }
}
