import type { Graph, Value } from '../graph.ts'
import { mul } from './elementwise.ts'
import { toFloat } from './one-hot.ts'

/** max(x, 0), with derivative 0 at 0. */
export function relu(g: Graph, x: Value): Value {
  const y = g.emit('Relu', [x], x.shape)
  // half the time of Sign, and less than Where, on a CPU
  g.record([y], [x], (dy) => [mul(g, dy!, toFloat(g, g.emit('Greater', [y, 0], y.shape, {}, 'bool')))])

  return y
}
