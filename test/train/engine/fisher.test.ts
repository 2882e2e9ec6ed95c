import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { FisherOptions } from '../../../src/interface/trainer.ts'
import { loadData } from '../../../src/train/data/load.ts'
import type { Device } from '../../../src/train/engine/device.ts'
import { probeDevice } from '../../../src/train/engine/devices.ts'
import type { EngineTrainer, TrainerInit } from '../../../src/train/engine/trainer.ts'
import { relativeError } from '../graph/harness.ts'
import { blobTrainer, startEngine, writeBlobs } from './blobs.ts'

const SLOW_MS = 180_000 // software adapters on busy machines
const [FEATURES, HIDDEN, CLASSES] = [4, 16, 3]
/** Training examples of the blobs: no multiple of a batch. */
const ALL = 240
const EXACT: FisherOptions = { examples: ALL, labels: 'exact', round: 0 }
/** More than any test waits for. */
const ENDLESS: FisherOptions = { examples: 1_000_000, labels: 'exact', round: 0 }

async function fisherOf(trainer: EngineTrainer, options: FisherOptions): Promise<Float32Array> {
  const out = new Float32Array(trainer.layout.dim)
  await trainer.fisher(out, options)

  return out
}

/** Trained for a while: its predictions differ from example to example, and few are certain. */
async function trainedBlobs(overrides: Partial<TrainerInit> = {}): Promise<EngineTrainer> {
  const engine = await startEngine()
  const trainer = await engine.createTrainer(blobTrainer(writeBlobs(), overrides))
  await trainer.train(20, { learningRate: 0.02 })

  return trainer
}

/** log p of each class by the MLP of the blobs, in float64. */
function logProbabilities(params: Float64Array, x: Float32Array): number[] {
  const affine = (input: number[], at: number, width: number): number[] =>
    Array.from({ length: width }, (_, j) =>
      input.reduce((sum, value, i) => sum + value * params[at + i * width + j]!, params[at + input.length * width + j]!)
    )
  const hidden = affine([...x], 0, HIDDEN).map((value) => Math.max(0, value))
  const logits = affine(hidden, (FEATURES + 1) * HIDDEN, CLASSES)
  const logSum = Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit), 0))

  return logits.map((logit) => logit - logSum)
}

/** The definition, with slopes of log p by central differences. */
function fisherByDifferences(params: Float32Array, examples: readonly Float32Array[]): Float64Array {
  const step = 1e-5
  const moved = Float64Array.from(params)
  const at = (i: number, value: number, x: Float32Array): number[] => {
    const before = moved[i]!
    moved[i] = value
    const result = logProbabilities(moved, x)
    moved[i] = before

    return result
  }

  return Float64Array.from(params, (value, i) => {
    let sum = 0
    for (const x of examples) {
      const [up, down] = [at(i, value + step, x), at(i, value - step, x)]
      for (const [label, logProbability] of logProbabilities(moved, x).entries()) {
        sum += Math.exp(logProbability) * ((up[label]! - down[label]!) / (2 * step)) ** 2
      }
    }

    return sum / examples.length
  })
}

describe('the Fisher of a model', () => {
  test('is that of central differences of log-probabilities', async () => {
    const data = writeBlobs()
    const engine = await startEngine()
    const trainer = await engine.createTrainer(blobTrainer(data))
    await trainer.train(20, { learningRate: 0.02 })
    const { train } = await loadData(`csv:${data}`, { seed: 1, env: {}, cwd: '' })
    const examples = Array.from({ length: train.count }, (_, index) => {
      const x = new Float32Array(FEATURES)
      train.readInto(index, x, 0)
      return x
    })

    expect(examples).toHaveLength(ALL)
    expect(relativeError(await fisherOf(trainer, EXACT), fisherByDifferences(trainer.params, examples))).toBeLessThan(
      1e-4
    )
  })

  test('is what sampled labels come to on average', async () => {
    const trainer = await trainedBlobs()
    const exact = await fisherOf(trainer, EXACT)
    const mean = new Float64Array(exact.length)
    const rounds = 100
    for (let round = 0; round < rounds; round++) {
      const sampled = await fisherOf(trainer, { ...EXACT, labels: 'sampled', round })
      for (let i = 0; i < mean.length; i++) mean[i]! += sampled[i]! / rounds
    }

    // one round is off by 0.41, so a hundred by about 0.04
    expect(relativeError(mean, exact)).toBeLessThan(0.06)
    expect(relativeError(await fisherOf(trainer, { ...EXACT, labels: 'sampled' }), exact)).toBeGreaterThan(0.06)
  })

  test.each(['exact', 'sampled'] as const)(
    '%s is finite, not negative, and the same bits each time',
    async (labels) => {
      const trainer = await trainedBlobs()
      const options = { examples: 37, labels, round: 3 }
      const [first, again, other] = [
        await fisherOf(trainer, options),
        await fisherOf(trainer, options),
        await fisherOf(trainer, { ...options, round: 4 })
      ]

      expect(first.every((value) => Number.isFinite(value) && value >= 0)).toBe(true)
      expect(first.some((value) => value > 0)).toBe(true)
      expect(again).toEqual(first)
      expect(other).not.toEqual(first)
    }
  )

  test('takes each example once, and no more than there are', async () => {
    const trainer = await trainedBlobs()
    const whole = await fisherOf(trainer, EXACT)

    expect(await fisherOf(trainer, { ...EXACT, examples: 10 * ALL })).toEqual(whole)
    // all examples again, in another order
    expect(relativeError(await fisherOf(trainer, { ...EXACT, round: 1 }), whole)).toBeLessThan(1e-6)
  })

  test('is of the trained tensors alone where others are frozen', async () => {
    const data = writeBlobs()
    const engine = await startEngine()
    const whole = await fisherOf(await engine.createTrainer(blobTrainer(data)), EXACT)
    const head = await fisherOf(await engine.createTrainer(blobTrainer(data, { trainable: 'head' })), EXACT)

    expect(head).toHaveLength((HIDDEN + 1) * CLASSES)
    expect(relativeError(head, whole.subarray(whole.length - head.length))).toBeLessThan(1e-6)
  })

  test('leaves params, optimiser and batches as they were', async () => {
    const [disturbed, quiet] = [await trainedBlobs(), await trainedBlobs()]
    await fisherOf(disturbed, EXACT)
    await disturbed.train(5, { learningRate: 0.02 })
    await quiet.train(5, { learningRate: 0.02 })

    expect(disturbed.params).toEqual(quiet.params)
  })
})

describe('a pool', () => {
  test("gives each node the bits of its own trainer's Fisher", async () => {
    const data = writeBlobs()
    const engine = await startEngine()
    const cut = { partition: 'iid', nodes: 3 }
    const { stream, ...shared } = blobTrainer(data)
    const pool = await engine.createTrainerPool({ ...shared, cut })
    const options = { examples: 20, labels: 'sampled', round: 2 } as const
    const results = []
    for (const index of [0, 1]) {
      const trainer = await engine.createTrainer(blobTrainer(data, { slice: { ...cut, index }, stream: `${index}` }))
      const out = new Float32Array(pool.layout.dim)
      await pool.forSlice(index).fisher(trainer.params, out, options)
      results.push(out)

      expect(out).toEqual(await fisherOf(trainer, options))
    }

    expect(results[0]).not.toEqual(results[1])
  })

  test('gives up when aborted, and serves the next', async () => {
    const engine = await startEngine()
    const { stream, ...shared } = blobTrainer(writeBlobs({ rows: 20_000 }))
    const node = (await engine.createTrainerPool(shared)).single()
    const params = new Float32Array(node.layout.dim)
    await node.initialise(params)
    const out = new Float32Array(params.length).fill(7)
    const [abort, reason] = [new AbortController(), new Error('enough')]
    const call = node.fisher(params, out, { ...ENDLESS, signal: abort.signal })
    setImmediate(() => abort.abort(reason))

    await expect(call).rejects.toBe(reason)
    expect(out.every((value) => value === 7)).toBe(true)
    await node.fisher(params, out, { ...EXACT, examples: 5 })
    expect(out.some((value) => value !== 7)).toBe(true)
  })
})

describe('a call', () => {
  test('ends early when aborted, with nothing written', async () => {
    const trainer = await trainedBlobs({ data: `csv:${writeBlobs({ rows: 20_000 })}` })
    const out = new Float32Array(trainer.layout.dim).fill(7)
    const [abort, reason] = [new AbortController(), new Error('enough')]
    const call = trainer.fisher(out, { ...ENDLESS, signal: abort.signal })
    await expect(trainer.fisher(out, EXACT)).rejects.toMatchObject({ code: 'ERR_TRAINER_BUSY' })
    abort.abort(reason)

    await expect(call).rejects.toBe(reason)
    await expect(trainer.fisher(out, { ...EXACT, signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    expect(out.every((value) => value === 7)).toBe(true)
    await expect(fisherOf(trainer, { ...EXACT, examples: 5 })).resolves.toBeDefined()
  })

  test.each([
    { id: 'no examples', wrong: { examples: 0 } },
    { id: 'half an example', wrong: { examples: 1.5 } },
    { id: 'a round before the first', wrong: { round: -1 } },
    { id: 'other labels', wrong: { labels: 'true' as 'exact' } }
  ])('is refused for $id', async ({ wrong }) => {
    const trainer = await trainedBlobs()

    await expect(fisherOf(trainer, { ...EXACT, ...wrong })).rejects.toMatchObject({ code: 'ERR_CONFIG_INVALID' })
  })

  test('is refused for a vector of another length', async () => {
    const trainer = await trainedBlobs()

    await expect(trainer.fisher(new Float32Array(3), EXACT)).rejects.toMatchObject({ code: 'ERR_PARAMS_DIM' })
  })

  test('is refused for a model that has diverged', async () => {
    const trainer = await trainedBlobs()
    trainer.params.fill(1e30)

    await expect(fisherOf(trainer, EXACT)).rejects.toMatchObject({ code: 'ERR_FISHER_NOT_FINITE' })
  })
})

const image = { optimiser: { name: 'sgd' }, dataSeed: 1, batchSize: 2, seed: 1, stream: '0', data: 'glyphs' } as const
const models: readonly { id: string; init: () => TrainerInit }[] = [
  { id: 'mlp', init: () => ({ ...image, model: { name: 'mlp', hidden: [16] } }) },
  { id: 'lenet', init: () => ({ ...image, model: { name: 'lenet', channels: [3, 4], hidden: 8 } }) },
  { id: 'resnet8', init: () => ({ ...image, model: { name: 'resnet8', width: 4, groups: 2 } }) },
  {
    id: 'gpt',
    init: () => ({
      ...image,
      model: { name: 'gpt', layers: 1, width: 8, heads: 2 },
      data: `text:${writeText()}?length=8`
    })
  }
]

/** Removed after the test. */
function writeText(): string {
  const folder = mkdtempSync(join(tmpdir(), 'starling-fisher-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'text.txt')
  writeFileSync(path, 'birds turn as one and nobody leads. '.repeat(40))

  return path
}

async function onDevice(device: Device, init: TrainerInit, options: FisherOptions): Promise<Float32Array> {
  const engine = await startEngine({ device })

  return fisherOf(await engine.createTrainer(init), options)
}

describe.each(models)('$id', ({ id, init }) => {
  // a random number at the very edge between two labels falls to either side: none does here
  const labels = id === 'mlp' || id === 'lenet' ? 'exact' : 'sampled'
  const options = { examples: 5, labels, round: 1 } as const

  test('wasm follows cpu', { timeout: SLOW_MS }, async () => {
    const spec = init()

    expect(relativeError(await onDevice('wasm', spec, options), await onDevice('cpu', spec, options))).toBeLessThan(
      1e-4
    )
  })

  test('webgpu follows cpu', { timeout: SLOW_MS }, async ({ skip }) => {
    const webgpu = await probeDevice('webgpu')
    if (!webgpu.available) return skip(`no WebGPU: ${webgpu.reason}. ${webgpu.remedy}`)
    const spec = init()

    expect(relativeError(await onDevice('webgpu', spec, options), await onDevice('cpu', spec, options))).toBeLessThan(
      1e-3
    )
  })
})
