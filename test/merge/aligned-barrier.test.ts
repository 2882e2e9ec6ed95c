import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { measureBarrier } from '../../scripts/reproduce/merge/barrier.ts'
import { createRng } from '../../src/math/philox.ts'

const data = fileURLToPath(new URL('../../../shared/data/fashion-mnist/', import.meta.url))
if (!existsSync(data)) console.log('no Fashion-MNIST beside the repository: the loss barrier is not measured')

test.skipIf(!existsSync(data))(
  'two networks from different starts: the loss barrier between them falls by 80 % when aligned',
  { timeout: 120_000 },
  async () => {
    const { plain, aligned } = await measureBarrier({
      data: `idx:${data}`,
      hidden: [128, 128],
      optimiser: { name: 'sgd', momentum: 0.9, weightDecay: 0.002 },
      batchSize: 128,
      steps: 200,
      learningRate: 0.1,
      seeds: [1, 2],
      points: 5,
      testLimit: 1000,
      rng: createRng(1, 'aligned')
    })

    // both ends are trained, and are the same functions after the alignment
    expect(plain.accuracies[0]).toBeGreaterThan(0.7)
    expect(aligned.losses.at(-1)).toBeCloseTo(plain.losses.at(-1)!, 4)
    expect(plain.barrier).toBeGreaterThan(0.3)
    expect(aligned.barrier).toBeLessThan(0.2 * plain.barrier)
  }
)
