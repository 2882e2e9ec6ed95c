import { describe, expect, test } from 'vitest'
import { elementCount } from '../../src/interface/params.ts'
import { compileFisher } from '../../src/train/compile-fisher.ts'
import type { DataShape } from '../../src/train/models/model.ts'
import { createModel, type ModelSpec } from '../../src/train/models/registry.ts'
import type { FisherProgram } from '../../src/train/program.ts'
import { type Elements, noise, open, type Runner, relativeError } from './graph/harness.ts'
import { exampleOf, openPasses, type Pass, paramFeeds } from './single-passes.ts'

const TOLERANCE = 2e-5 // float32 sums in another order

async function squaresOf(runner: Runner, program: FisherProgram, x: readonly Elements[], choices: Elements) {
  const all = x.flatMap((example) => [...example])
  const data = program.x.type === 'int32' ? Int32Array.from(all) : Float32Array.from(all)
  const results = await runner.run({
    ...paramFeeds(program.params),
    [program.x.name]: { data, shape: program.x.shape },
    [program.choices.name]: { data: choices, shape: program.choices.shape }
  })
  const squares = new Float64Array(program.layout.dim)
  for (const { output, offset } of program.squares) squares.set(results[output!]!, offset)

  return squares
}

function addSquares(sums: Float64Array, { gradient }: Pass, weight: number): void {
  for (let i = 0; i < sums.length; i++) sums[i]! += weight * gradient[i]! ** 2
}

const image: DataShape = { shape: [8, 8, 2], type: 'float32', classes: 4 }
const classifiers: { spec: ModelSpec; data: DataShape }[] = [
  { spec: { name: 'linear' }, data: { shape: [5], type: 'float32', classes: 3 } },
  { spec: { name: 'mlp', hidden: [7, 6] }, data: { shape: [5], type: 'float32', classes: 12 } }, // two runs' passes
  { spec: { name: 'lenet', channels: [2, 3], hidden: 5 }, data: image },
  { spec: { name: 'resnet8', width: 4, groups: 2 }, data: image }
]

describe.each(classifiers)('$spec.name', ({ spec, data }) => {
  const model = createModel(spec, data)
  const batchSize = 3
  const examples = Array.from({ length: batchSize }, (_, salt) => exampleOf(model, salt))
  const labels = Array.from({ length: data.classes }, (_, label) => label)

  test('exact: the squares of all labels of every example alone, by their probability', async () => {
    await using passes = await openPasses(model)
    const program = compileFisher(model, { batchSize, labels: 'exact' })
    const expected = new Float64Array(program.layout.dim)
    for (const x of examples) {
      for (const label of labels) {
        const pass = await passes.of(x, [label])
        addSquares(expected, pass, Math.exp(pass.logProbability))
      }
    }
    await using runner = await open(program.onnx)
    const actual = new Float64Array(program.layout.dim)
    for (let from = 0; from < data.classes; from += program.passes) {
      const choices = Int32Array.from({ length: program.passes * batchSize }, (_, i) => {
        const label = from + Math.floor(i / batchSize)
        return label < data.classes ? label : -1
      })
      const squares = await squaresOf(runner, program, examples, choices)
      for (let i = 0; i < actual.length; i++) actual[i]! += squares[i]!
    }

    expect(program).toMatchObject({ batchSize, passesPerExample: data.classes })
    for (const { input, shape, offset } of program.squares) {
      const end = offset + elementCount(shape)
      expect(relativeError(actual.subarray(offset, end), expected.subarray(offset, end)), input).toBeLessThan(TOLERANCE)
    }
  })

  test('sampled: the label at which the cumulated probability passes the number; none for less than 0', async () => {
    await using passes = await openPasses(model)
    const program = compileFisher(model, { batchSize, labels: 'sampled' })
    await using runner = await open(program.onnx)

    for (const uniforms of [
      [0.02, 0.5, 0.97],
      [0.4, -1, 0.7],
      [0, 1, -1]
    ]) {
      const expected = new Float64Array(program.layout.dim)
      for (const [i, uniform] of uniforms.entries()) {
        if (uniform < 0) continue
        const ofLabels = await Promise.all(labels.map((label) => passes.of(examples[i]!, [label])))
        const drawn = draw(
          ofLabels.map(({ logProbability }) => Math.exp(logProbability)),
          uniform
        )
        addSquares(expected, ofLabels[drawn]!, 1)
      }
      const actual = await squaresOf(runner, program, examples, Float32Array.from(uniforms))

      expect(relativeError(actual, expected)).toBeLessThan(TOLERANCE)
    }
  })
})

function draw(probabilities: readonly number[], uniform: number): number {
  let sum = 0
  const reached = probabilities.findIndex((probability) => {
    sum += probability
    return uniform < sum
  })

  return reached === -1 ? probabilities.length - 1 : reached
}

test('a linear model has the Fisher of softmax regression: x^2 p (1 - p)', async () => {
  const classes = 3
  const model = createModel({ name: 'linear' }, { shape: [2], type: 'float32', classes })
  const program = compileFisher(model, { batchSize: 1, labels: 'exact' })
  const x = Float32Array.of(2, -0.5)
  await using runner = await open(program.onnx)
  const squares = await squaresOf(runner, program, [x], Int32Array.of(0, 1, 2))

  const [kernel, bias] = program.params.map((port, i) => noise(i + 1, port.shape, 0.6)) as [Float32Array, Float32Array]
  const scores = Array.from(bias, (shift, c) => Math.exp(shift + x[0]! * kernel[c]! + x[1]! * kernel[classes + c]!))
  const total = scores.reduce((sum, score) => sum + score, 0)
  const variances = scores.map((score) => (score / total) * (1 - score / total))
  const expected = [...[...x].flatMap((input) => variances.map((variance) => input ** 2 * variance)), ...variances]

  expect(relativeError(squares, expected)).toBeLessThan(TOLERANCE)
})

describe('sequences', () => {
  const [length, classes] = [3, 4]
  const model = createModel({ name: 'gpt', layers: 1, width: 4, heads: 2 }, { shape: [length], type: 'int32', classes })
  const x = exampleOf(model, 2)

  test('exact is the mean over all sequences of labels, by their probability, and over positions', async () => {
    await using passes = await openPasses(model)
    const program = compileFisher(model, { batchSize: 5, labels: 'exact' })
    const expected = new Float64Array(program.layout.dim)
    let total = 0
    for (let number = 0; number < classes ** length; number++) {
      const sequence = [number % classes, Math.floor(number / classes) % classes, Math.floor(number / classes ** 2)]
      const pass = await passes.of(x, sequence)
      const probability = Math.exp(length * pass.logProbability)
      addSquares(expected, pass, probability * length) // (length * gradient)^2 / length
      total += probability
    }
    await using runner = await open(program.onnx)
    const actual = new Float64Array(program.layout.dim)
    for (let from = 0; from < length * classes; from += program.passes) {
      const choices = Int32Array.from({ length: program.passes }, (_, i) =>
        from + i < length * classes ? from + i : -1
      )
      const squares = await squaresOf(runner, program, [x], choices)
      for (let i = 0; i < actual.length; i++) actual[i]! += squares[i]!
    }

    expect(total).toBeCloseTo(1, 5)
    expect(program).toMatchObject({ batchSize: 1, passesPerExample: length * classes })
    expect(relativeError(actual, expected)).toBeLessThan(TOLERANCE)
  })

  test('sampled draws a label for each position', async () => {
    await using passes = await openPasses(model)
    const program = compileFisher(model, { batchSize: 5, labels: 'sampled' })
    await using runner = await open(program.onnx)
    const first = await squaresOf(runner, program, [x], Float32Array.of(0, 1, 0))
    const none = await squaresOf(runner, program, [x], Float32Array.of(-1, -1, -1))
    const expected = new Float64Array(program.layout.dim)
    addSquares(expected, await passes.of(x, [0, classes - 1, 0]), length)

    expect(relativeError(first, expected)).toBeLessThan(TOLERANCE)
    expect(none.every((square) => square === 0)).toBe(true)
  })

  test('exact is refused where an example would take too many passes', () => {
    const long = createModel(
      { name: 'gpt', layers: 1, width: 4, heads: 2 },
      { shape: [128], type: 'int32', classes: 65 }
    )

    expect(() => compileFisher(long, { batchSize: 1, labels: 'exact' })).toThrow(
      expect.objectContaining({ code: 'ERR_FISHER_PASSES', details: { passes: 8320, limit: 1024 } })
    )
  })
})
