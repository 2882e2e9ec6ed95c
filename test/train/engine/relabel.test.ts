import { describe, expect, test } from 'vitest'
import { VectorHeap } from '../../../src/math/vector-heap.ts'
import { resolveJob } from '../../../src/node/job.ts'
import { openStatelessTrainer, openTrainer } from '../../../src/node/training.ts'
import type { ExampleSet } from '../../../src/train/data/examples.ts'
import { relabelled } from '../../../src/train/data/relabel.ts'
import { blobTrainer, startEngine, writeBlobs } from './blobs.ts'

const RATE = { learningRate: 0.05 }
const CUT = { partition: 'iid', nodes: 3 } as const

function sequences(): ExampleSet {
  const targets = [0, 1, 2, 3, 3, 0]

  return {
    ...{ name: 'two of three tokens', count: 2, shape: [3], type: 'int32', classes: 4, targetShape: [3] },
    labels: Int32Array.of(0, 3),
    readInto: (index, out, offset) => out.set([index, index, index], offset),
    readTargetInto: (index, out, offset) => out.set(targets.slice(3 * index, 3 * index + 3), offset)
  }
}

describe('relabelled', () => {
  test('reverses each target, and nothing around it', () => {
    const set = relabelled(sequences(), 'reversed')
    const [targets, x] = [new Int32Array(5).fill(9), new Int32Array(3)]
    set.readTargetInto(1, targets, 1)
    set.readInto(1, x, 0)

    expect([...targets]).toEqual([9, 0, 0, 3, 9])
    expect([...x]).toEqual([1, 1, 1])
    expect([...set.labels]).toEqual([3, 0])
  })

  test('leaves a set without one alone', () => {
    const set = sequences()
    expect(relabelled(set, undefined)).toBe(set)
  })
})

describe('a trainer with reversed labels', () => {
  test('trains the bits that a trainer on the flipped file does, and is tested on the true labels', async () => {
    const engine = await startEngine()
    const path = writeBlobs()
    const flipped = await engine.createTrainer(blobTrainer(writeBlobs({ flip: true })))
    const relabelling = await engine.createTrainer(blobTrainer(path, { relabel: 'reversed' }))
    const honest = await engine.createTrainer(blobTrainer(path))
    for (const trainer of [flipped, relabelling, honest]) await trainer.train(120, RATE)

    expect(relabelling.params).toEqual(flipped.params)
    expect(await relabelling.loss([0, 1, 2])).toBe(await flipped.loss([0, 1, 2]))
    expect((await honest.evaluate()).accuracy).toBeGreaterThan(0.9)
    expect((await flipped.evaluate()).accuracy).toBeGreaterThan(0.9)
    // the middle one of three classes keeps its label
    expect((await relabelling.evaluate()).accuracy).toBeLessThan(0.5)
  })

  test('of a pool does not touch the data of the others', async () => {
    const engine = await startEngine()
    const { stream: _, ...init } = blobTrainer(writeBlobs())
    const pool = await engine.createTrainerPool({ ...init, cut: CUT })
    const round = { round: 1, steps: 60, ...RATE }
    const train = async (relabel?: 'reversed'): Promise<Float32Array> => {
      const params = new Float32Array(pool.layout.dim)
      await pool.single().initialise(params)
      await pool.forSlice(1, { relabel }).train(params, round)

      return params
    }
    const before = await train()
    const poisoned = await train('reversed')

    expect(await train()).toEqual(before)
    expect((await pool.evaluate(before)).accuracy).toBeGreaterThan(0.9)
    expect((await pool.evaluate(poisoned)).accuracy).toBeLessThan(0.5)
  })

  test('is opened for a job by both kinds of learner', async () => {
    const engine = await startEngine()
    const data = { set: `csv:${writeBlobs()}`, partition: 'iid', nodes: 2 }
    const job = resolveJob({ model: { name: 'mlp', hidden: [8] }, data }, 'a test')
    const share = { kind: 'slice', index: 1 } as const
    const live = await openTrainer(engine, { job, share, vectors: new VectorHeap(), relabel: 'reversed' })
    const stateless = await openStatelessTrainer(engine, { job, share, relabel: 'reversed' })
    const params = live.params.slice()
    await live.train(150, RATE)
    await stateless.train(params, { round: 1, steps: 150, ...RATE })

    for (const { accuracy } of [await live.evaluate(), await stateless.evaluate(params)]) {
      expect(accuracy).toBeLessThan(0.5)
    }
  })
})
