import type { Graph, Value } from '../graph.ts'
import { div, exp, log, mul, sub } from './elementwise.ts'
import { reduceMax, reduceSum } from './reduce.ts'

const LAST = { axes: [-1], keepDims: true } as const

/** exp(x) / sum exp(x) over the last axis. */
export function softmax(g: Graph, x: Value): Value {
  const y = g.emit('Softmax', [x], x.shape, { axis: -1 })
  g.record([y], [x], (dy) => [softmaxVjp(g, y, dy!, reduceSum(g, mul(g, dy!, y), LAST))])

  return y
}

/** Cotangent of softmax's input; `inner` is the sum of dy * y over the last axis, kept. */
export function softmaxVjp(g: Graph, y: Value, dy: Value, inner: Value): Value {
  return mul(g, y, sub(g, dy, inner))
}

/** Log of softmax over the last axis, out of simple operators: WebGPU has no kernel for LogSoftmax. */
export function logSoftmax(g: Graph, x: Value): Value {
  const { exponentials, sums, y } = g.unrecorded(() => {
    const shifted = sub(g, x, reduceMax(g, x, LAST))
    const exponentials = exp(g, shifted)
    const sums = reduceSum(g, exponentials, LAST)

    return { exponentials, sums, y: sub(g, shifted, log(g, sums)) }
  })
  g.record([y], [x], (dy) => [sub(g, dy!, mul(g, div(g, exponentials, sums), reduceSum(g, dy!, LAST)))])

  return y
}
