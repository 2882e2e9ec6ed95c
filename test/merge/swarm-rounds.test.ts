import { afterAll, beforeAll, expect, test } from 'vitest'
import { drawCurve } from '../../scripts/reproduce/merge/curve.ts'
import type { Start } from '../../scripts/reproduce/merge/swarm-rounds.ts'
import { createEngine, type Engine } from '../../src/train/engine/engine.ts'

let engine: Engine
beforeAll(async () => {
  engine = await createEngine({ device: 'cpu' })
})
afterAll(() => engine.close())

interface Run {
  start: Start
  merge: string
  learningRate?: number
  rounds?: number
}

const curveOf = ({ start, merge, learningRate = 0.1, rounds = 40 }: Run) =>
  drawCurve(engine, {
    nodes: 8,
    degree: 4,
    data: 'glyphs',
    partition: 'iid',
    hidden: [64, 32],
    batchSize: 32,
    optimiser: { name: 'sgd', momentum: 0 },
    learningRate,
    start,
    merge,
    seed: 1,
    testLimit: 500,
    rounds,
    every: rounds
  })

test('nodes that begin differently learn much sooner with variance correction, about as soon as from one start', async () => {
  const accuracyOf = async (start: Start, merge: string) => (await curveOf({ start, merge })).points[0]!.accuracy
  const corrected = await accuracyOf('independent', 'variance-corrected')
  const plain = await accuracyOf('independent', 'mean')
  const common = await accuracyOf('common', 'mean')
  // here: 0.65, 0.37 and 0.75
  expect(corrected - plain).toBeGreaterThan(0.5 * (common - plain))
})

test('the factor begins at sqrt(n), n models that have nothing in common, and falls to 1', async () => {
  const { factors } = await curveOf({
    start: 'independent',
    merge: 'variance-corrected',
    // so small that nodes stay what merging makes of them
    learningRate: 1e-6,
    rounds: 12
  })
  expect(factors).toHaveLength(12)
  expect(factors[0]! / Math.sqrt(5)).toBeCloseTo(1, 1)
  expect(factors.at(-1)).toBeCloseTo(1, 2)
})
