import type { Graph, Value } from '../graph.ts'
import { GraphError } from '../shape.ts'
import { div, mul } from './elementwise.ts'
import { oneHot, toFloat } from './one-hot.ts'
import { reduceMax, reduceSum } from './reduce.ts'

/**
 * 1 where the largest logit of a row is the label's, else 0. Where several are
 * largest, the chance that a random pick among them is right: a model that says
 * the same for every class scores no better than chance. A row with NaN scores 0.
 *
 * Forward only. Without ArgMax, whose int64 result WebGPU can't compare.
 *
 * @param logits - float32, shape (n, classes)
 * @param labels - int32, shape (n)
 * @returns float32, shape (n)
 */
export function accuracy(g: Graph, logits: Value, labels: Value): Value {
  const [rows, classes] = logits.shape
  if (logits.shape.length !== 2 || classes === undefined || labels.shape[0] !== rows) {
    throw new GraphError(`accuracy of logits (${logits.shape}) and labels (${labels.shape})`)
  }

  return g.unrecorded(() => {
    const best = reduceMax(g, logits, { axes: [1], keepDims: true })
    const isBest = toFloat(g, g.emit('Equal', [logits, best], logits.shape, {}, 'bool'))
    const right = reduceSum(g, mul(g, isBest, oneHot(g, labels, classes)), { axes: [1] })
    const count = reduceSum(g, isBest, { axes: [1] })

    return div(g, right, g.emit('Max', [count, 1], count.shape)) // no best at all: NaN
  })
}
