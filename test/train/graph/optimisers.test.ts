import { describe, expect, test } from 'vitest'
import type { TensorKind } from '../../../src/interface/params.ts'
import { Graph } from '../../../src/train/graph/graph.ts'
import type { OptimiserSpec } from '../../../src/train/graph/optimisers/registry.ts'
import { createOptimiser } from '../../../src/train/graph/optimisers/registry.ts'
import { noise, open, relativeError } from './harness.ts'

const SHAPE = [3, 4]
const STEPS = 5
const LEARNING_RATE = 0.05

type Reference = (param: number[], gradients: readonly Float32Array[]) => number[]

/** Written from the docstrings of PyTorch's SGD, in float64. */
function sgdReference({ momentum = 0.9, weightDecay = 0 }): Reference {
  return (param, gradients) => {
    const velocity = param.map(() => 0)
    for (const gradient of gradients) {
      for (const i of param.keys()) {
        velocity[i] = momentum * velocity[i]! + gradient[i]! + weightDecay * param[i]!
        param[i] = param[i]! - LEARNING_RATE * velocity[i]!
      }
    }

    return param
  }
}

/** Written from algorithm 2 of Loshchilov and Hutter, in float64. */
function adamwReference({ beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 0.01 }): Reference {
  return (param, gradients) => {
    const mean = param.map(() => 0)
    const square = param.map(() => 0)
    for (const [step, gradient] of gradients.entries()) {
      for (const i of param.keys()) {
        mean[i] = beta1 * mean[i]! + (1 - beta1) * gradient[i]!
        square[i] = beta2 * square[i]! + (1 - beta2) * gradient[i]! ** 2
        const unbiasedMean = mean[i]! / (1 - beta1 ** (step + 1))
        const unbiasedSquare = square[i]! / (1 - beta2 ** (step + 1))
        const decayed = param[i]! * (1 - LEARNING_RATE * weightDecay)
        param[i] = decayed - (LEARNING_RATE * unbiasedMean) / (Math.sqrt(unbiasedSquare) + epsilon)
      }
    }

    return param
  }
}

/** Runs the optimiser's graph over the gradients, feeding its outputs back. */
async function runSteps(spec: OptimiserSpec, kind: TensorKind, gradients: readonly Float32Array[]) {
  const optimiser = createOptimiser(spec)
  const g = new Graph()
  const stateNames = Array.from({ length: optimiser.stateVectors }, (_, i) => `state${i}`)
  const state = stateNames.map((name) => g.input(name, 'float32', SHAPE))
  const scalars = {
    learningRate: g.input('learning_rate', 'float32', []),
    ...(optimiser.usesStepNumber ? { stepNumber: g.input('step_number', 'float32', []) } : {})
  }
  const tensor = {
    kind,
    param: g.input('param', 'float32', SHAPE),
    gradient: g.input('gradient', 'float32', SHAPE),
    state
  }
  const next = optimiser.update(g, tensor, scalars)
  g.output('next', next.param)
  for (const [i, value] of next.state.entries()) g.output(`${stateNames[i]}.next`, value)

  await using runner = await open(g.serialise())
  let param: Float32Array = noise(1, SHAPE)
  let stateData: Float32Array[] = stateNames.map(() => new Float32Array(12))
  for (const [step, gradient] of gradients.entries()) {
    const results = await runner.run({
      param: { data: param, shape: SHAPE },
      gradient: { data: gradient, shape: SHAPE },
      learning_rate: { data: Float32Array.of(LEARNING_RATE), shape: [] },
      ...(optimiser.usesStepNumber ? { step_number: { data: Float32Array.of(step + 1), shape: [] } } : {}),
      ...Object.fromEntries(stateNames.map((name, i) => [name, { data: stateData[i]!, shape: SHAPE }]))
    })
    param = results['next']!
    stateData = stateNames.map((name) => results[`${name}.next`]!)
  }

  return param
}

describe.each([
  { spec: { name: 'sgd', momentum: 0 }, reference: sgdReference({ momentum: 0 }) },
  { spec: { name: 'sgd' }, reference: sgdReference({}) },
  {
    spec: { name: 'sgd', momentum: 0.5, weightDecay: 0.1 },
    reference: sgdReference({ momentum: 0.5, weightDecay: 0.1 })
  },
  { spec: { name: 'adamw' }, reference: adamwReference({}) },
  {
    spec: { name: 'adamw', beta1: 0.5, beta2: 0.9, epsilon: 0.1, weightDecay: 0.3 },
    reference: adamwReference({ beta1: 0.5, beta2: 0.9, epsilon: 0.1, weightDecay: 0.3 })
  }
] as { spec: OptimiserSpec; reference: Reference }[])('$spec', ({ spec, reference }) => {
  const gradients = Array.from({ length: STEPS }, (_, step) => noise(10 + step, SHAPE))

  test('moves a kernel as the reference does', async () => {
    const param = await runSteps(spec, 'kernel', gradients)

    expect(relativeError(param, reference([...noise(1, SHAPE)], gradients))).toBeLessThan(1e-6)
  })

  test('does not decay a bias', async () => {
    const none = Array.from({ length: STEPS }, () => new Float32Array(12))

    expect(await runSteps(spec, 'bias', none)).toEqual(noise(1, SHAPE))
  })
})

test('adamw keeps its precision over many steps', async () => {
  const gradients = Array.from({ length: 200 }, (_, step) => noise(step, SHAPE, 1e-3))
  const param = await runSteps({ name: 'adamw' }, 'kernel', gradients)

  expect(relativeError(param, adamwReference({})([...noise(1, SHAPE)], gradients))).toBeLessThan(1e-5)
})

test.each([
  { id: 'an unknown name', spec: { name: 'lion' }, says: 'unknown optimiser "lion", expected one of: sgd, adamw' },
  { id: "a name of Object's", spec: { name: 'toString' }, says: 'unknown optimiser "toString"' },
  { id: 'a misspelt option', spec: { name: 'sgd', momentun: 0.5 }, says: 'unknown option "momentun"' },
  { id: 'momentum 1', spec: { name: 'sgd', momentum: 1 }, says: 'momentum must be in [0, 1)' },
  { id: 'NaN', spec: { name: 'adamw', beta2: Number.NaN }, says: 'beta2 must be in (0, 1)' },
  { id: 'negative decay', spec: { name: 'adamw', weightDecay: -1 }, says: 'weightDecay must be >= 0' }
])('refuses $id', ({ spec, says }) => {
  const create = () => createOptimiser(spec as OptimiserSpec)

  expect(create).toThrow(expect.objectContaining({ code: 'ERR_CONFIG_INVALID' }))
  expect(create).toThrow(says)
})
