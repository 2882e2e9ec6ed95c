import { describe, expect, test } from 'vitest'
import { elementCount } from '../../src/interface/params.ts'
import { createRng } from '../../src/math/philox.ts'
import { compileEvaluate, compileStep } from '../../src/train/compile.ts'
import { initParams } from '../../src/train/models/init.ts'
import { createModel } from '../../src/train/models/registry.ts'
import type { Feed } from './graph/harness.ts'
import { integers, noise, open } from './graph/harness.ts'

describe('compileStep', () => {
  const model = createModel({ name: 'mlp', hidden: [6] }, { shape: [3, 2, 1], type: 'float32', classes: 4 })

  test.each([
    { optimiser: { name: 'sgd', momentum: 0 }, vectors: 0, counts: false },
    { optimiser: { name: 'sgd' }, vectors: 1, counts: false },
    { optimiser: { name: 'adamw' }, vectors: 2, counts: true }
  ] as const)('places params and state of $optimiser in their flat vectors', ({ optimiser, vectors, counts }) => {
    const { layout, params, state, stateDim, stepNumber } = compileStep(model, { batchSize: 5, optimiser })
    const places = (ports: typeof params) => ports.flatMap(({ shape, offset }) => range(offset, elementCount(shape)))
    const ascending = (numbers: number[]) => numbers.toSorted((a, b) => a - b)

    expect(places(params)).toEqual(range(0, layout.dim))
    expect(stateDim).toBe(vectors * layout.dim)
    expect(ascending(places(state))).toEqual(range(0, stateDim)) // every element once
    expect(stepNumber !== undefined).toBe(counts)
  })

  test.each([
    { optimiser: { name: 'sgd' }, learningRate: 0.3 },
    { optimiser: { name: 'adamw' }, learningRate: 0.05 }
  ] as const)('$optimiser learns a batch by heart', async ({ optimiser, learningRate }) => {
    const step = compileStep(model, { batchSize: 8, optimiser })
    const flat = new Float32Array(step.layout.dim)
    initParams(model, step.layout, createRng(1, 'params'), flat)
    const feeds: Record<string, Feed> = {
      x: { data: noise(1, step.x.shape), shape: step.x.shape },
      labels: { data: integers(1, [8], 4), shape: [8] },
      [step.learningRate.name]: { data: Float32Array.of(learningRate), shape: [] }
    }
    const views = (ports: typeof step.params, vector: Float32Array): void => {
      for (const { input, shape, offset } of ports) {
        feeds[input] = { data: vector.subarray(offset, offset + elementCount(shape)), shape }
      }
    }
    views(step.params, flat)
    views(step.state, new Float32Array(step.stateDim))

    await using runner = await open(step.onnx)
    const losses: number[] = []
    for (let i = 1; i <= 100; i++) {
      if (step.stepNumber !== undefined) feeds[step.stepNumber.name] = { data: Float32Array.of(i), shape: [] }
      const results = await runner.run(feeds)
      losses.push(results[step.loss.name]![0]!)
      for (const { input, output, shape } of [...step.params, ...step.state]) {
        feeds[input] = { data: results[output!]!, shape }
      }
    }

    expect(losses[0]).toBeGreaterThan(1)
    expect(losses.at(-1)).toBeLessThan(0.2)
  })
})

describe('compileEvaluate', () => {
  /** Logits are x itself: the identity as a kernel. */
  test('sums loss and right answers over weighted examples', async () => {
    const model = createModel({ name: 'linear' }, { shape: [3], type: 'float32', classes: 3 })
    const program = compileEvaluate(model, { batchSize: 3 })
    const rows = [
      [2, 0, 1], // label 0: right
      [0, 1, 3], // label 1: wrong
      [9, 9, 9] // weight 0: padding
    ]
    await using runner = await open(program.onnx)
    const results = await runner.run({
      'layer0.kernel': { data: Float32Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1), shape: [3, 3] },
      'layer0.bias': { data: new Float32Array(3), shape: [3] },
      x: { data: Float32Array.from(rows.flat()), shape: [3, 3] },
      labels: { data: Int32Array.of(0, 1, 2), shape: [3] },
      weights: { data: Float32Array.of(1, 1, 0), shape: [3] }
    })
    const crossEntropy = (row: number[], label: number): number =>
      Math.log(row.reduce((sum, logit) => sum + Math.exp(logit), 0)) - row[label]!

    expect(results['correct']![0]).toBe(1)
    expect(results['loss_sum']![0]).toBeCloseTo(crossEntropy(rows[0]!, 0) + crossEntropy(rows[1]!, 1), 5)
  })

  test('takes the mean over the positions of a sequence', async () => {
    const model = createModel({ name: 'gpt', layers: 1, width: 4, heads: 2 }, { shape: [4], type: 'int32', classes: 3 })
    const program = compileEvaluate(model, { batchSize: 2 })
    // a head of zeros says the same of every token: each is right by chance, and the loss is ln(classes)
    const params = program.params.map(({ input, shape }): [string, Feed] => [
      input,
      { data: input === 'head.kernel' ? new Float32Array(elementCount(shape)) : noise(1, shape), shape }
    ])
    await using runner = await open(program.onnx)
    const results = await runner.run({
      ...Object.fromEntries(params),
      x: { data: integers(1, [2, 4], 3), shape: [2, 4] },
      labels: { data: integers(2, [2, 4], 3), shape: [2, 4] },
      weights: { data: Float32Array.of(1, 1), shape: [2] }
    })

    expect(results['correct']![0]).toBeCloseTo(2 / 3, 6)
    expect(results['loss_sum']![0]).toBeCloseTo(2 * Math.log(3), 5)
  })
})

function range(start: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => start + i)
}
