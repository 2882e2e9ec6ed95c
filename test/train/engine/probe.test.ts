import { writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { HeadProbe } from '../../../src/interface/trainer.ts'
import { createRng } from '../../../src/math/philox.ts'
import { drawProbe } from '../../../src/train/engine/draw-probe.ts'
import type { EngineTrainer } from '../../../src/train/engine/trainer.ts'
import { blobTrainer, startEngine, writeBlobs } from './blobs.ts'

const RATE = { learningRate: 0.05 }

/** Mean cross entropy of the probe's examples, from its features and the last two tensors of the params. */
function lossOf({ features, labels, width, classes }: HeadProbe, params: Float32Array): number {
  const bias = params.subarray(params.length - classes)
  const kernel = params.subarray(params.length - classes - width * classes, params.length - classes)
  let sum = 0
  for (const [row, label] of labels.entries()) {
    const logits = Array.from(bias, (value, k) => {
      let logit = value
      for (let i = 0; i < width; i++) logit += features[row * width + i]! * kernel[i * classes + k]!
      return logit
    })
    sum += Math.log(logits.reduce((total, logit) => total + Math.exp(logit), 0)) - logits[label]!
  }

  return sum / labels.length
}

/** A probe of every example of the node, so that its loss is that of the node's data. */
async function lossOfAll(trainer: EngineTrainer): Promise<[number, number]> {
  const probe = await trainer.probe(1000)
  expect(probe.labels.length).toBe(trainer.exampleCount)
  expect(probe.features.length).toBe(trainer.exampleCount * probe.width)
  const indices = Array.from({ length: trainer.exampleCount }, (_, i) => i)

  return [lossOf(probe, trainer.params), await trainer.loss(indices)]
}

describe('a probe', () => {
  test.each([
    { id: 'mlp', set: 'csv', model: { name: 'mlp', hidden: [16, 12] }, width: 12 },
    { id: 'linear', set: 'csv', model: { name: 'linear' }, width: 4 },
    { id: 'lenet', set: 'glyphs', model: { name: 'lenet', channels: [2, 3], hidden: 20 }, width: 20 },
    { id: 'resnet8', set: 'glyphs', model: { name: 'resnet8', width: 2, groups: 1 }, width: 8 }
  ] as const)("times the head's weights is the loss of the model: $id", async ({ set, model, width }) => {
    const engine = await startEngine()
    const data = set === 'csv' ? {} : { data: 'glyphs', indices: Uint32Array.from({ length: 70 }, (_, i) => 11 * i) }
    for (const trainable of ['all', 'head'] as const) {
      const trainer = await engine.createTrainer(blobTrainer(writeBlobs(), { model, trainable, ...data }))
      await trainer.train(7, RATE)
      const [byHand, byModel] = await lossOfAll(trainer)

      expect((await trainer.probe(1)).width).toBe(width)
      expect(byHand).toBeCloseTo(byModel, 4)
      await trainer.close()
    }
  })

  test('is of the live params, of the same examples each time, as many of each class as asked for', async () => {
    const engine = await startEngine()
    const trainer = await engine.createTrainer(blobTrainer(writeBlobs()))
    const [first, again] = [await trainer.probe(5), await trainer.probe(5)]
    await trainer.train(20, RATE)
    const later = await trainer.probe(5)

    expect([...first.labels]).toEqual([0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2])
    expect(first).toMatchObject({ width: 16, classes: 3 })
    expect(again).toEqual(first)
    expect(later.labels).toEqual(first.labels)
    expect(later.features).not.toEqual(first.features)
  })

  test("shows a label-flipping node's own labels", async () => {
    const engine = await startEngine()
    const init = blobTrainer(writeBlobs(), { model: { name: 'linear' } })
    const honest = await (await engine.createTrainer(init)).probe(1000)
    const flipped = await (await engine.createTrainer({ ...init, relabel: 'reversed' })).probe(1000)
    const labelOf = ({ features, labels, width }: HeadProbe): Map<string, number> =>
      new Map(Array.from(labels, (label, i) => [`${features.subarray(i * width, (i + 1) * width)}`, label] as const))
    const truth = labelOf(honest)

    expect(truth.size).toBe(240)
    for (const [features, label] of labelOf(flipped)) expect(label).toBe(2 - truth.get(features)!)
  })

  test('is refused for what cannot be, and stops when asked', async () => {
    const engine = await startEngine()
    const trainer = await engine.createTrainer(blobTrainer(writeBlobs()))
    for (const perClass of [0, -1, 1.5, Number.NaN]) {
      await expect(trainer.probe(perClass)).rejects.toMatchObject({ code: 'ERR_CONFIG_INVALID' })
    }
    const reason = new Error('enough')
    await expect(trainer.probe(2, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    const abort = new AbortController()
    const call = trainer.probe(2, { signal: abort.signal })
    await expect(trainer.probe(2)).rejects.toMatchObject({ code: 'ERR_TRAINER_BUSY' })
    abort.abort(reason)
    await expect(call).rejects.toBe(reason)
    expect((await trainer.probe(2)).labels.length).toBe(6)
  })

  test('is refused for a model of sequences', async () => {
    const engine = await startEngine()
    const text = writeBlobs().replace('blobs.csv', 'some.txt')
    writeFileSync(text, 'to be or not to be, that is the question. '.repeat(60))
    const model = { name: 'gpt', layers: 1, width: 8, heads: 1 } as const
    const init = blobTrainer('', { data: `text:${text}?length=8`, model, batchSize: 4 })
    const trainer = await engine.createTrainer(init)
    await expect(trainer.probe(1)).rejects.toMatchObject({ code: 'ERR_HEAD_UNSUPPORTED' })
    expect((await trainer.train(1, RATE)).steps).toBe(1)

    const head = await engine.createTrainer({ ...init, trainable: 'head' })
    expect(head.layout.tensors.map(({ name }) => name)).toEqual(['head.kernel'])
    expect((await head.train(2, RATE)).steps).toBe(2)
  })
})

test('drawProbe draws from the slice alone, without repeats, by the seed', () => {
  const labels = Int32Array.from({ length: 60 }, (_, i) => (i < 50 ? i % 2 : 2))
  const slice = Uint32Array.from({ length: 40 }, (_, i) => i + 15)
  const draw = (seed: number) => drawProbe({ slice, labels, classes: 4 }, 6, createRng(seed, 'probe'))
  const drawn = draw(1)

  expect(drawn.map((index) => labels[index])).toEqual([...Array(6).fill(0), ...Array(6).fill(1), ...Array(5).fill(2)])
  expect(new Set(drawn).size).toBe(17)
  expect(drawn.every((index) => index >= 15 && index < 55)).toBe(true)
  expect(draw(1)).toEqual(drawn)
  expect(draw(2)).not.toEqual(drawn)
})
