import { expect, onTestFinished, test } from 'vitest'
import { VectorHeap } from '../../src/math/vector-heap.ts'
import type { DataShare } from '../../src/node/data-share.ts'
import { type Job, resolveJob } from '../../src/node/job.ts'
import { openStatelessTrainer, openTrainer, openTrainerPool } from '../../src/node/training.ts'
import { createEngine, type Engine } from '../../src/train/engine/engine.ts'
import { writeBlobs } from '../train/engine/blobs.ts'

const ROUND = { round: 2, steps: 5, learningRate: 0.05 }

async function startEngine(): Promise<Engine> {
  const engine = await createEngine({ device: 'cpu' })
  onTestFinished(() => engine.close())

  return engine
}

function blobJob(): Job {
  const data = { set: `csv:${writeBlobs()}`, partition: 'classes:1', nodes: 6 }

  return resolveJob({ seed: 9, model: { name: 'mlp', hidden: [8] }, data }, 'a test')
}

const shares: { id: string; share: () => DataShare; examples: number }[] = [
  { id: 'a slice', share: () => ({ kind: 'slice', index: 4 }), examples: 40 },
  { id: 'all', share: () => ({ kind: 'all' }), examples: 240 },
  { id: 'data of its own', share: () => ({ kind: 'own', set: `csv:${writeBlobs({ rows: 150 })}` }), examples: 120 }
]

test.each(shares)('a stateless trainer has the data and the first model of an ordinary one: $id', async (row) => {
  const engine = await startEngine()
  const [job, share] = [blobJob(), row.share()]
  const ordinary = await openTrainer(engine, { job, share, vectors: new VectorHeap() })
  const stateless = await openStatelessTrainer(engine, { job, share })
  const params = new Float32Array(stateless.layout.dim)
  await stateless.initialise(params)

  expect(params).toEqual(new Float32Array(ordinary.params))
  expect(await stateless.evaluate(params)).toEqual(await ordinary.evaluate())
  // classes are dealt at random, so how many of a slice's one class there are is near the third, not at it
  expect(Math.abs(stateless.exampleCount - row.examples)).toBeLessThan(10)
  for (const fact of ['exampleCount', 'testCount', 'device', 'classCounts', 'layout'] as const) {
    expect(stateless[fact]).toEqual(ordinary[fact])
  }
  expect(await stateless.train(params, ROUND)).toMatchObject({ steps: 5, examples: 5 * job.batchSize })
  await stateless.close()
})

test('closing a stateless trainer closes its pool, and nothing else', async () => {
  const engine = await startEngine()
  const job = blobJob()
  const [closed, open] = [
    await openStatelessTrainer(engine, { job, share: { kind: 'all' } }),
    await openStatelessTrainer(engine, { job, share: { kind: 'all' }, batchSize: 7 })
  ]
  const params = new Float32Array(open.layout.dim)
  await open.initialise(params)
  await Promise.all([closed.close(), closed.close()])

  await expect(closed.train(params, ROUND)).rejects.toMatchObject({ code: 'ERR_TRAINER_CLOSED' })
  expect(await open.train(params, ROUND)).toMatchObject({ examples: 35 })
})

test('a real node and a node of a simulator train the same bits', async () => {
  const engine = await startEngine()
  const job = blobJob()
  const pool = await openTrainerPool(engine, { job, slots: 2 })
  const real = await openStatelessTrainer(engine, { job, share: { kind: 'slice', index: 3 } })
  const [inPool, alone] = [new Float32Array(pool.layout.dim), new Float32Array(pool.layout.dim)]
  await Promise.all([pool.forSlice(3).initialise(inPool), real.initialise(alone)])
  await pool.forSlice(3).train(inPool, ROUND)
  await real.train(alone, ROUND)

  expect(inPool).toEqual(alone)
  expect(pool.forSlice(3).classCounts).toEqual(real.classCounts)
})
