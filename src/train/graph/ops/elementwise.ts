import type { Graph, Operand, Value } from '../graph.ts'
import { broadcastShape } from '../shape.ts'
import { sumTo } from './reduce.ts'

type BinaryVjp = (dy: Value, a: Value, b: Value, y: Value) => [Value, Value]
type UnaryVjp = (dy: Value, x: Value, y: Value) => Value

/** An elementwise operator of two operands that broadcast; each cotangent is summed back to its operand's shape. */
function binary(g: Graph, op: string, left: Operand, right: Operand, vjp: BinaryVjp): Value {
  const a = g.operand(left)
  const b = g.operand(right)
  const y = g.emit(op, [a, b], broadcastShape(a.shape, b.shape))
  g.record([y], [a, b], (dy) => {
    const [da, db] = vjp(dy!, a, b, y)

    return [sumTo(g, da, a.shape), sumTo(g, db, b.shape)]
  })

  return y
}

function unary(g: Graph, op: string, x: Value, vjp: UnaryVjp): Value {
  const y = g.emit(op, [x], x.shape)
  g.record([y], [x], (dy) => [vjp(dy!, x, y)])

  return y
}

export function add(g: Graph, a: Operand, b: Operand): Value {
  return binary(g, 'Add', a, b, (dy) => [dy, dy])
}

export function sub(g: Graph, a: Operand, b: Operand): Value {
  return binary(g, 'Sub', a, b, (dy) => [dy, neg(g, dy)])
}

export function mul(g: Graph, a: Operand, b: Operand): Value {
  return binary(g, 'Mul', a, b, (dy, x, y) => [mul(g, dy, y), mul(g, dy, x)])
}

export function div(g: Graph, a: Operand, b: Operand): Value {
  return binary(g, 'Div', a, b, (dy, _, divisor, y) => {
    const da = div(g, dy, divisor)

    return [da, neg(g, mul(g, da, y))] // d(a/b)/db = -(a/b)/b
  })
}

export function neg(g: Graph, x: Value): Value {
  return unary(g, 'Neg', x, (dy) => neg(g, dy))
}

export function exp(g: Graph, x: Value): Value {
  return unary(g, 'Exp', x, (dy, _, y) => mul(g, dy, y))
}

export function log(g: Graph, x: Value): Value {
  return unary(g, 'Log', x, (dy) => div(g, dy, x))
}

export function sqrt(g: Graph, x: Value): Value {
  return unary(g, 'Sqrt', x, (dy, _, y) => div(g, mul(g, dy, 0.5), y))
}

export function reciprocal(g: Graph, x: Value): Value {
  return unary(g, 'Reciprocal', x, (dy, _, y) => neg(g, mul(g, dy, mul(g, y, y))))
}

export function tanh(g: Graph, x: Value): Value {
  return unary(g, 'Tanh', x, (dy, _, y) => mul(g, dy, sub(g, 1, mul(g, y, y))))
}

export function sigmoid(g: Graph, x: Value): Value {
  return unary(g, 'Sigmoid', x, (dy, _, y) => mul(g, dy, mul(g, y, sub(g, 1, y))))
}

/** Element by element, over tensors of one shape, at least one. */
export function sumOfSquares(g: Graph, tensors: readonly Value[]): Value {
  return tensors.map((x) => mul(g, x, x)).reduce((sum, square) => add(g, sum, square))
}
