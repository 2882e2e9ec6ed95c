import type { Graph, Value } from './graph/graph.ts'
import { mul, sqrt, sub } from './graph/ops/elementwise.ts'
import { oneHot, toFloat } from './graph/ops/one-hot.ts'
import { reduceSum } from './graph/ops/reduce.ts'
import { concat, fill, reshape, slice } from './graph/ops/reshape.ts'

const LAST = { axes: [1], keepDims: true } as const

/**
 * For each pass, d (sqrt(p / positions) log p) / d logits of the label that it takes, p held constant. The sign, which
 * squares forget, is the other one.
 *
 * @param choices - int32, shape (passes, batchSize)
 * @returns for each pass, shape of the predictions
 */
export function weightedErrors(g: Graph, predictions: Value, choices: Value): Value[] {
  const [passes, batchSize] = choices.shape as [number, number]
  const [rows, classes] = predictions.shape as [number, number]
  const positions = rows / batchSize
  const taken = oneHot(g, choices, positions * classes)

  return Array.from({ length: passes }, (_, start) => {
    const expected = reshape(g, slice(g, taken, { axis: 0, start, length: 1 }), predictions.shape)
    const probability = reduceSum(g, mul(g, predictions, expected), LAST) // 0 where no label is taken

    return mul(g, sub(g, predictions, expected), sqrt(g, mul(g, probability, 1 / positions)))
  })
}

/**
 * d (log p / sqrt(positions)) / d logits of one label a row, drawn by inverting its cumulated predictions. The sign is
 * the other one, as above.
 *
 * @param uniforms - float32, shape (batchSize, positions)
 */
export function sampledError(g: Graph, predictions: Value, uniforms: Value): Value {
  const [rows, classes] = predictions.shape as [number, number]
  const positions = rows / uniforms.shape[0]!
  const column = reshape(g, uniforms, [rows, 1])
  // column c: whether the label is c or one after it; for the first whether there is any, and after the last never
  const reached = concat(g, [atLeast(g, column, fill(g, 0, [rows, 1])), ...beyond(g, predictions, column)], 1)
  const [low, high] = [0, 1].map((start) => slice(g, reached, { axis: 1, start, length: classes }))
  const expected = sub(g, low!, high!)
  const taken = reduceSum(g, expected, LAST)

  return mul(g, sub(g, mul(g, predictions, taken), expected), 1 / Math.sqrt(positions))
}

/** Shape (rows, classes - 1), where a uniform number lies at or beyond the sum of the predictions so far, and (rows, 1) of zeros. */
function beyond(g: Graph, predictions: Value, column: Value): Value[] {
  const [rows, classes] = predictions.shape as [number, number]
  const never = fill(g, 0, [rows, 1])
  if (classes === 1) return [never]

  const sums = g.emit('CumSum', [predictions, g.int64([1])], predictions.shape)

  return [atLeast(g, column, slice(g, sums, { axis: 1, start: 0, length: classes - 1 })), never]
}

function atLeast(g: Graph, a: Value, b: Value): Value {
  return toFloat(g, g.emit('GreaterOrEqual', [a, b], b.shape, {}, 'bool'))
}
