import { createRng } from '../../../src/math/philox.ts'
import type { ExampleSet } from '../../../src/train/data/examples.ts'
import { inputOf } from './files.ts'

export interface SoftmaxRegressionOptions {
  seed: number
  epochs: number
  learningRate: number
  /** L2, on the weights. */
  weightDecay: number
}

/** Examples a step. */
const BATCH = 50

/**
 * Multinomial logistic regression by mini-batch gradient descent, step size
 * falling linearly to 0: the best that a linear model does.
 *
 * @returns accuracies after each epoch
 */
export function softmaxRegression(
  train: ExampleSet,
  test: ExampleSet,
  { seed, epochs, learningRate, weightDecay }: SoftmaxRegressionOptions
): { train: number; test: number }[] {
  const [x, held] = [inputsOf(train), inputsOf(test)]
  const model = createLinear(x[0]!.length, train.classes)
  const rng = createRng(seed, 'softmax-regression')
  const order = [...train.labels.keys()]
  const steps = (epochs * train.count) / BATCH
  let step = 0

  return Array.from({ length: epochs }, () => {
    rng.shuffle(order)
    for (let start = 0; start + BATCH <= order.length; start += BATCH) {
      const rate = learningRate * (1 - step++ / steps)
      model.step(
        order.slice(start, start + BATCH).map((i) => ({ input: x[i]!, label: train.labels[i]! })),
        rate,
        weightDecay
      )
    }

    return { train: accuracy(model.scores, x, train.labels), test: accuracy(model.scores, held, test.labels) }
  })
}

function inputsOf(set: ExampleSet): Float32Array[] {
  return Array.from({ length: set.count }, (_, i) => inputOf(set, i))
}

function createLinear(inputs: number, classes: number) {
  const weights = Array.from({ length: classes }, () => new Float32Array(inputs))
  const biases = new Float32Array(classes)

  const scores = (input: Float32Array): number[] =>
    weights.map((row, c) => {
      let sum = biases[c]!
      for (let k = 0; k < inputs; k++) sum += row[k]! * input[k]!
      return sum
    })

  const step = (batch: { input: Float32Array; label: number }[], rate: number, decay: number): void => {
    const errors = batch.map(({ input, label }) => softmax(scores(input)).map((p, c) => p - (c === label ? 1 : 0)))
    for (const [c, row] of weights.entries()) {
      for (let k = 0; k < inputs; k++) row[k]! *= 1 - rate * decay
      for (const [i, { input }] of batch.entries()) {
        const change = (rate * errors[i]![c]!) / batch.length
        for (let k = 0; k < inputs; k++) row[k]! -= change * input[k]!
        biases[c]! -= change
      }
    }
  }

  return { scores, step }
}

function softmax(scores: readonly number[]): number[] {
  const largest = Math.max(...scores)
  const exps = scores.map((score) => Math.exp(score - largest))
  const sum = exps.reduce((a, b) => a + b, 0)

  return exps.map((e) => e / sum)
}

function accuracy(scores: (input: Float32Array) => number[], inputs: Float32Array[], labels: Int32Array): number {
  const right = inputs.filter((input, i) => {
    const all = scores(input)
    return all.indexOf(Math.max(...all)) === labels[i]
  })

  return right.length / inputs.length
}
