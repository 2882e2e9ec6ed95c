import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { compileEvaluate, compileStep } from '../../../src/train/compile.ts'
import type { DataShape } from '../../../src/train/models/model.ts'
import type { ModelSpec } from '../../../src/train/models/registry.ts'
import { createModel, modelNames } from '../../../src/train/models/registry.ts'
import type { Feed } from '../graph/harness.ts'
import { elementsOf, integers, noise, norm, open, relativeError } from '../graph/harness.ts'

interface ModelFixture {
  spec: ModelSpec
  data: DataShape
  batchSize: number
  loss: number
  tensors: { name: string; shape: number[]; scale: number; shift: number; gradient: number[] }[]
}

// made by scripts/fixtures/gradients.py with PyTorch in float64
const path = new URL('../../fixtures/gradients/models.json', import.meta.url)
const fixtures = JSON.parse(readFileSync(path, 'utf8')) as ModelFixture[]

const TOLERANCE = 1e-4
const LEARNING_RATE = 0.125

/** Length of the step that a central difference takes: few ReLUs switch within it. */
const STEP = 1e-3
/** Of the slope, for those that do; and what float32's rounding of the loss makes over twice the step. */
const DIFFERENCE_TOLERANCE = 0.05
const ROUNDING = 5e-4

test('every model has a fixture', () => {
  expect(fixtures.map(({ spec }) => spec.name).sort()).toEqual([...modelNames].sort())
})

describe.each(fixtures)('$spec.name', ({ spec, data, batchSize, loss, tensors }) => {
  const model = createModel(spec, data)
  const step = compileStep(model, { batchSize, optimiser: { name: 'sgd', momentum: 0.9 } })
  const params = tensors.map((tensor, i) => elementsOf(tensor, i) as Float32Array)
  const x = data.type === 'int32' ? integers(1, step.x.shape, data.classes) : noise(1000, step.x.shape)
  const batch: Record<string, Feed> = {
    [step.x.name]: { data: x, shape: step.x.shape },
    [step.labels.name]: { data: integers(2, step.labels.shape, data.classes), shape: step.labels.shape }
  }
  const paramFeeds = (values: readonly Float32Array[]): Record<string, Feed> =>
    Object.fromEntries(step.params.map(({ input, shape }, i) => [input, { data: values[i]!, shape }]))

  const runStep = async (): Promise<Record<string, Float32Array>> => {
    await using runner = await open(step.onnx)
    const state = step.state.map(({ input, shape }, i) => [input, { data: new Float32Array(params[i]!.length), shape }])

    return await runner.run({
      ...batch,
      ...paramFeeds(params),
      ...(Object.fromEntries(state) as Record<string, Feed>),
      [step.learningRate.name]: { data: Float32Array.of(LEARNING_RATE), shape: [] }
    })
  }

  test('lays its tensors out as the fixture does', () => {
    expect(step.layout.tensors.map(({ name, shape }) => ({ name, shape }))).toEqual(
      tensors.map(({ name, shape }) => ({ name, shape }))
    )
  })

  test("one step has PyTorch's loss and gradients, and applies them", async () => {
    const results = await runStep()

    expect(relativeError(results[step.loss.name]!, [loss])).toBeLessThan(TOLERANCE)
    for (const [i, { name, gradient }] of tensors.entries()) {
      // the first velocity is the gradient
      expect(relativeError(results[step.state[i]!.output!]!, gradient), name).toBeLessThan(TOLERANCE)

      const next = Float64Array.from(params[i]!, (value, k) => value - LEARNING_RATE * gradient[k]!)
      expect(relativeError(results[step.params[i]!.output!]!, next), name).toBeLessThan(TOLERANCE)
    }
  })

  test('the loss falls along each gradient as its norm says', async () => {
    const results = await runStep()
    const evaluate = compileEvaluate(model, { batchSize })
    await using runner = await open(evaluate.onnx)
    const weights = { data: new Float32Array(batchSize).fill(1 / batchSize), shape: evaluate.weights.shape }
    const lossOf = async (values: readonly Float32Array[]): Promise<number> => {
      const feeds = { ...batch, ...paramFeeds(values), [evaluate.weights.name]: weights }

      return (await runner.run(feeds))[evaluate.lossSum.name]![0]!
    }

    expect(await lossOf(params)).toBeCloseTo(loss, 5)
    for (const [i, { name }] of tensors.entries()) {
      const gradient = results[step.state[i]!.output!]!
      const length = norm(gradient)
      const along = (distance: number): Float32Array[] =>
        params.with(
          i,
          Float32Array.from(params[i]!, (value, k) => value + (distance * gradient[k]!) / length)
        )
      const slope = ((await lossOf(along(STEP))) - (await lossOf(along(-STEP)))) / (2 * STEP)

      expect(Math.abs(slope - length), name).toBeLessThan(DIFFERENCE_TOLERANCE * length + ROUNDING)
    }
  })
})
