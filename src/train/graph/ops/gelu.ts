import type { Graph, Value } from '../graph.ts'
import { add, mul, sigmoid, sub } from './elementwise.ts'

/** 2 sqrt(2 / pi), and the coefficient of the cubic term. */
const SLOPE = 2 * Math.sqrt(2 / Math.PI)
const CUBIC = 0.044715

/**
 * Gaussian error linear unit in its tanh form. Written with the logistic
 * function, since (1 + tanh(u)) / 2 = sigmoid(2u): fewer operators.
 *
 * Source: Hendrycks and Gimpel, 2016, arXiv:1606.08415.
 */
export function gelu(g: Graph, x: Value): Value {
  const { y, square, gate } = g.unrecorded(() => {
    const square = mul(g, x, x)
    const gate = sigmoid(g, mul(g, x, add(g, mul(g, square, SLOPE * CUBIC), SLOPE)))

    return { y: mul(g, x, gate), square, gate }
  })
  g.record([y], [x], (dy) => {
    const innerSlope = add(g, mul(g, square, 3 * SLOPE * CUBIC), SLOPE)
    const gateSlope = mul(g, sub(g, y, mul(g, y, gate)), innerSlope) // x gate (1 - gate) inner'

    return [mul(g, dy!, add(g, gate, gateSlope))]
  })

  return y
}
