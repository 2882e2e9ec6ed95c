import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Layout, Params } from '../../../src/interface/params.ts'
import { saveWeights, writeWeights } from '../../../src/node/weights.ts'
import { compileStep } from '../../../src/train/compile.ts'
import { DEVICES } from '../../../src/train/engine/device.ts'
import { probeDevice } from '../../../src/train/engine/devices.ts'
import { createModel } from '../../../src/train/models/registry.ts'
import { hashWeights, readWeights } from '../../../src/train/weights-file.ts'
import { blobTrainer, startEngine, writeBlobs } from './blobs.ts'

const RATE = { learningRate: 0.05 }
const CUT = { partition: 'iid', nodes: 3 } as const
const available: string[] = []
for (const device of DEVICES) if ((await probeDevice(device)).available) available.push(device)

/** Tensor by tensor, copied. */
function tensorsOf({ tensors, dim }: Layout, params: Params): Map<string, Float32Array> {
  return new Map(
    tensors.map(({ name, offset }, i) => [name, params.slice(offset, tensors[i + 1]?.offset ?? dim)] as const)
  )
}

describe('training the head alone', () => {
  test.each(available)('on %s learns, with the extractor as it was', async (device) => {
    const engine = await startEngine({ device: device as 'cpu' })
    const init = blobTrainer(writeBlobs(), { model: { name: 'mlp', hidden: [64] } })
    const whole = await engine.createTrainer(init)
    const head = await engine.createTrainer({ ...init, trainable: 'head' })
    const first = tensorsOf(whole.layout, whole.params)
    const before = await head.evaluate()

    expect(head.layout.tensors.map(({ name }) => name)).toEqual(['layer1.kernel', 'layer1.bias'])
    expect([head.params.length, head.layout.dim, head.state().optimiser.length]).toEqual([195, 195, 195])
    expect(tensorsOf(head.layout, head.params).get('layer1.kernel')).toEqual(first.get('layer1.kernel'))
    expect(before).toEqual(await whole.evaluate())

    // odd, so that the two sets of vectors change places, and in several requests
    for (const steps of [1, 30, 101]) await head.train(steps, RATE)
    const after = await head.evaluate()
    expect(after.accuracy).toBeGreaterThan(0.9)
    expect(after.loss).toBeLessThan(before.loss / 2)

    // a whole model of the first extractor, bit for bit, and this head gives the same evaluation
    const from = whole.layout.dim - head.layout.dim
    whole.params.set(head.params, from)
    expect(await whole.evaluate()).toEqual(after)
    expect(await whole.loss([0, 5, 9])).toBe(await head.loss([0, 5, 9]))
  })

  test('does in a step what training all does to the head', async () => {
    const engine = await startEngine()
    const init = blobTrainer(writeBlobs())
    const whole = await engine.createTrainer(init)
    const head = await engine.createTrainer({ ...init, trainable: 'head' })
    expect(await head.train(1, RATE)).toEqual(await whole.train(1, RATE))

    const [ofWhole, ofHead] = [tensorsOf(whole.layout, whole.params), tensorsOf(head.layout, head.params)]
    for (const name of ['layer1.kernel', 'layer1.bias']) expect(ofHead.get(name)).toEqual(ofWhole.get(name))
  })

  test('in a pool is what a trainer of that slice does', async () => {
    const engine = await startEngine()
    const { stream: _, ...init } = blobTrainer(writeBlobs(), { trainable: 'head', optimiser: { name: 'adamw' } })
    const pool = await engine.createTrainerPool({ ...init, cut: CUT, slots: 2 })
    const live = await engine.createTrainer({ ...init, stream: '2:4', slice: { ...CUT, index: 2 } })
    const node = pool.forSlice(2)
    const params = new Float32Array(node.layout.dim)
    await node.initialise(params)
    expect(params).toEqual(new Float32Array(live.params))
    await node.train(params, { round: 4, steps: 9, ...RATE })
    await live.train(9, RATE)

    expect(params).toEqual(new Float32Array(live.params))
    expect(await node.evaluate(params)).toEqual(await live.evaluate())
  })

  test('on the extractor of a file, not on that of the seed', async () => {
    const engine = await startEngine()
    const init = blobTrainer(writeBlobs())
    const trained = await engine.createTrainer(init)
    await trained.train(100, RATE)
    const folder = mkdtempSync(join(tmpdir(), 'starling-head-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const path = join(folder, 'extractor.safetensors')
    await writeWeights(path, trained.layout, trained.params)
    const start = { path, sha256: await hashWeights(path) }
    const head = await engine.createTrainer({ ...init, trainable: 'head', start })

    expect(await head.evaluate()).toEqual(await trained.evaluate())
    head.params.fill(0)
    expect((await head.evaluate()).accuracy).toBeLessThan(0.6)
    await head.train(30, RATE)
    expect((await head.evaluate()).accuracy).toBeGreaterThan(0.9)

    // what it saves is whole: the extractor of the file, and the new head
    await saveWeights(path, head)
    const saved = await readWeights(path, { layout: trained.layout })
    const from = saved.length - head.params.length
    expect(saved.subarray(0, from)).toEqual(new Float32Array(trained.params.subarray(0, from)))
    expect(saved.subarray(from)).toEqual(new Float32Array(head.params))
  })

  test('does not go with a first model for each node', async () => {
    const engine = await startEngine()
    const init = blobTrainer(writeBlobs(), { trainable: 'head', start: 'independent' })
    await expect(engine.createTrainer(init)).rejects.toMatchObject({ code: 'ERR_CONFIG_INVALID' })
  })
})

test('the graph of a head neither differentiates nor updates what is frozen', () => {
  const model = createModel({ name: 'lenet' }, { shape: [28, 28, 1], type: 'float32', classes: 10 })
  const step = compileStep(model, { batchSize: 4, optimiser: { name: 'sgd' }, trainable: 'head' })
  const all = compileStep(model, { batchSize: 4, optimiser: { name: 'sgd' } })
  const graphOf = (program: { onnx: Uint8Array }): string => Buffer.from(program.onnx).toString('latin1')

  expect(step.params.map(({ output }) => output)).toEqual(['head.kernel.next', 'head.bias.next'])
  expect(step.frozen.every(({ output }) => output === undefined)).toBe(true)
  expect(step.stateDim).toBe(step.layout.dim)
  expect(graphOf(all)).toContain('conv1.kernel.next')
  expect(graphOf(step)).not.toContain('conv1.kernel.next')
  expect(graphOf(step)).not.toContain('conv1.kernel.state0')
  expect(step.onnx.length).toBeLessThan(all.onnx.length / 2)
})
