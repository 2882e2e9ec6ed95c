import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { createRng } from '../../../src/math/philox.ts'
import { createEngine, type Engine, type EngineInit } from '../../../src/train/engine/engine.ts'
import type { TrainerInit } from '../../../src/train/engine/trainer.ts'

const CENTRES = [
  [2, 0, 1, 0],
  [-1, 2, 0, 1],
  [0, -2, -1, -1]
]

export interface BlobOptions {
  /** @default 300 */
  rows?: number
  /** Classes 0, 1, 2 are called 2, 1, 0. @default false */
  flip?: boolean
}

/** A CSV file of three overlapping Gaussian clouds in four dimensions; removed after the test. */
export function writeBlobs({ rows = 300, flip = false }: BlobOptions = {}): string {
  const rng = createRng(7, 'blobs')
  const lines = Array.from({ length: rows }, (_, row) => {
    const label = row % CENTRES.length
    const features = CENTRES[label]!.map((centre) => (centre + 0.7 * rng.normal()).toFixed(4))
    return [...features, flip ? CENTRES.length - 1 - label : label].join(',')
  })
  const folder = mkdtempSync(join(tmpdir(), 'starling-blobs-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'blobs.csv')
  writeFileSync(path, `a,b,c,d,label\n${lines.join('\n')}\n`)

  return path
}

/** A small MLP on the blobs. */
export function blobTrainer(path: string, overrides: Partial<TrainerInit> = {}): TrainerInit {
  return {
    model: { name: 'mlp', hidden: [16] },
    optimiser: { name: 'sgd' },
    data: `csv:${path}`,
    dataSeed: 1,
    batchSize: 16,
    seed: 1,
    stream: '0',
    ...overrides
  }
}

/** An engine that is closed when the test ends, however it ends. */
export async function startEngine(init: EngineInit = { device: 'cpu' }): Promise<Engine> {
  const engine = await createEngine(init)
  onTestFinished(() => engine.close())

  return engine
}
