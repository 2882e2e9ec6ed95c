import { expect, onTestFinished, test } from 'vitest'
import { learningRateAt } from '../../src/learners/budget.ts'
import { VectorHeap } from '../../src/math/vector-heap.ts'
import { resolveJob } from '../../src/node/job.ts'
import { openTrainer } from '../../src/node/training.ts'
import { createEngine } from '../../src/train/engine/engine.ts'

const STEPS = 600
const STRIDE = 20

// that a linear model stays below 0.90 is tested beside the glyphs
test('LeNet passes 0.97 on glyphs', async () => {
  const engine = await createEngine({ device: 'cpu', threads: 2 })
  onTestFinished(() => engine.close())
  const job = resolveJob({ model: { name: 'lenet' }, learningRate: { schedule: 'cosine' } }, 'test')
  const trainer = await openTrainer(engine, { job, share: { kind: 'all' }, vectors: new VectorHeap() })

  for (let done = 0; done < STEPS; done += STRIDE) {
    await trainer.train(STRIDE, { learningRate: learningRateAt(job.learningRate, done / STEPS) })
  }
  const { accuracy, examples } = await trainer.evaluate()
  expect(examples).toBe(2000)
  expect(accuracy).toBeGreaterThan(0.97)
}, 180_000)
