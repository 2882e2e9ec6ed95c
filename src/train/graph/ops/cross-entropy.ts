import type { Graph, Value } from '../graph.ts'
import { GraphError } from '../shape.ts'
import { div, exp, log, mul, sub } from './elementwise.ts'
import { oneHot } from './one-hot.ts'
import { reduceMax, reduceSum } from './reduce.ts'
import { reshape } from './reshape.ts'

const LAST = { axes: [1], keepDims: true } as const

/**
 * Cross entropy of each row in nats: -log softmax(logits)[label].
 *
 * @param logits - float32, shape (n, classes)
 * @param labels - int32, shape (n)
 * @returns float32, shape (n)
 */
export function crossEntropy(g: Graph, logits: Value, labels: Value): Value {
  const [rows] = logits.shape
  if (logits.shape.length !== 2 || labels.shape.length !== 1 || labels.shape[0] !== rows) {
    throw new GraphError(`cross entropy of logits (${logits.shape}) and labels (${labels.shape})`)
  }

  const { y, exponentials, sums, expected } = g.unrecorded(() => rowLosses(g, logits, labels))
  g.record([y], [logits], (dy) => {
    const error = sub(g, div(g, exponentials, sums), expected) // softmax minus truth

    return [mul(g, error, reshape(g, dy!, [rows!, 1]))]
  })

  return y
}

function rowLosses(g: Graph, logits: Value, labels: Value) {
  const [rows, classes] = logits.shape as [number, number]
  const expected = oneHot(g, labels, classes)
  const shifted = sub(g, logits, reduceMax(g, logits, LAST)) // so that the largest exponent is 0
  const exponentials = exp(g, shifted)
  const sums = reduceSum(g, exponentials, LAST)
  const chosen = reduceSum(g, mul(g, expected, shifted), { axes: [1] })

  return { y: sub(g, log(g, reshape(g, sums, [rows])), chosen), exponentials, sums, expected }
}
