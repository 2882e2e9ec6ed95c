import { mkdtempSync, rmSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { saveWeights, writeWeights } from '../../../src/node/weights.ts'
import { hashWeights } from '../../../src/train/weights-file.ts'
import { blobTrainer, startEngine, writeBlobs } from './blobs.ts'

const RATE = { learningRate: 0.05 }
const CUT = { partition: 'iid', nodes: 3 } as const

function weightsPath(): string {
  const folder = mkdtempSync(join(tmpdir(), 'starling-start-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))

  return join(folder, 'start.safetensors')
}

describe('independent starts', () => {
  test('differ between nodes and seeds, and are the same for a live and a pooled trainer', async () => {
    const engine = await startEngine()
    const init = blobTrainer(writeBlobs(), { start: 'independent' })
    const open = async (stream: string, seed = 1) => (await engine.createTrainer({ ...init, stream, seed })).params
    const { stream: _, ...pooled } = init
    const pool = await engine.createTrainerPool({ ...pooled, cut: CUT })
    const ofPool = new Float32Array(pool.layout.dim)
    await pool.forSlice(1).initialise(ofPool)

    expect(ofPool).toEqual(new Float32Array(await open('1')))
    const starts = [await open('0'), await open('1'), await open('1', 2)]
    const common = await engine.createTrainer(blobTrainer(writeBlobs()))
    for (const [i, params] of [...starts, common.params].entries()) {
      for (const other of starts.slice(i + 1)) expect(params).not.toEqual(other)
    }
  })
})

describe('a start from a file', () => {
  test('begins with its numbers, on every node and in a pool', async () => {
    const engine = await startEngine()
    const init = blobTrainer(writeBlobs())
    const trained = await engine.createTrainer(init)
    await trained.train(80, RATE)
    const path = weightsPath()
    await saveWeights(path, trained)
    const start = { path, sha256: await hashWeights(path) }
    const { stream: _, ...pooled } = init
    const pool = await engine.createTrainerPool({ ...pooled, start, cut: CUT })
    const ofPool = new Float32Array(pool.layout.dim)
    await pool.forSlice(2).initialise(ofPool)

    expect(ofPool).toEqual(new Float32Array(trained.params))
    const again = await engine.createTrainer({ ...init, start, stream: '7' })
    expect(again.params).toEqual(trained.params)
    expect(await again.evaluate()).toEqual(await trained.evaluate())
  })

  test('whose file has changed, or is of another model, is refused, and the engine goes on', async () => {
    const engine = await startEngine()
    const init = blobTrainer(writeBlobs())
    const { layout, params } = await engine.createTrainer(init)
    const path = weightsPath()
    await writeWeights(path, layout, params)
    const start = { path, sha256: await hashWeights(path) }
    const other = { ...init, start, model: { name: 'mlp', hidden: [17] } as const }
    await expect(engine.createTrainer(other)).rejects.toMatchObject({ code: 'ERR_WEIGHTS_SHAPE' })

    const bytes = await readFile(path)
    bytes[bytes.length - 4]! ^= 1
    await writeFile(path, bytes)
    await expect(engine.createTrainer({ ...init, start })).rejects.toMatchObject({ code: 'ERR_WEIGHTS_HASH' })
    expect((await engine.createTrainer(init)).params).toEqual(params)
  })
})
