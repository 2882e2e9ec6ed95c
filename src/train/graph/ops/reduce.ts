import { elementCount } from '../../../interface/params.ts'
import type { Graph, Value } from '../graph.ts'
import type { Shape } from '../shape.ts'
import { GraphError, reducedShape, resolveAxes, sameShape } from '../shape.ts'
import { mul } from './elementwise.ts'
import { expand, reshape } from './reshape.ts'

export interface ReduceOptions {
  /** Which axes to reduce; negative ones count from the back. @default all */
  axes?: readonly number[]
  /** Whether reduced axes stay, with extent 1. @default false */
  keepDims?: boolean
}

function reduce(g: Graph, op: string, x: Value, options: ReduceOptions): { y: Value; kept: Shape; count: number } {
  const axes = resolveAxes(options.axes ?? x.shape.map((_, axis) => axis), x.shape.length)
  const kept = reducedShape(x.shape, axes)
  const shape = options.keepDims === true ? kept : x.shape.filter((_, axis) => !axes.includes(axis))
  const y = g.emit(op, [x, g.int64(axes)], shape, { keepdims: options.keepDims === true ? 1 : 0 })

  return { y, kept, count: axes.reduce((product, axis) => product * x.shape[axis]!, 1) }
}

export function reduceSum(g: Graph, x: Value, options: ReduceOptions = {}): Value {
  const { y, kept } = reduce(g, 'ReduceSum', x, options)
  g.record([y], [x], (dy) => [expand(g, reshape(g, dy!, kept), x.shape)])

  return y
}

export function reduceMean(g: Graph, x: Value, options: ReduceOptions = {}): Value {
  const { y, kept, count } = reduce(g, 'ReduceMean', x, options)
  g.record([y], [x], (dy) => [expand(g, reshape(g, mul(g, dy!, 1 / count), kept), x.shape)])

  return y
}

/** Largest element, as a constant: it stabilises exponentials, where its derivative cancels. Not recorded. */
export function reduceMax(g: Graph, x: Value, options: ReduceOptions = {}): Value {
  return reduce(g, 'ReduceMax', x, options).y
}

/**
 * Sum over the first axis, as a product: onnxruntime's ReduceSum over that axis takes several times as long on a CPU.
 * Not recorded.
 */
export function sumOverFirst(g: Graph, x: Value): Value {
  const [n, ...shape] = x.shape as [number, ...number[]]
  const ones = g.constant('ones', [1, n], (out) => out.fill(1))

  return g.unrecorded(() => {
    const size = elementCount(shape)

    return reshape(g, g.emit('Gemm', [ones, reshape(g, x, [n, size])], [1, size]), shape)
  })
}

/** Undoes a broadcast: sums `x` over the axes along which `shape` was repeated. */
export function sumTo(g: Graph, x: Value, shape: Shape): Value {
  if (sameShape(x.shape, shape)) return x

  const added = x.shape.length - shape.length
  if (added < 0) throw new GraphError(`shape (${x.shape}) is no broadcast of (${shape})`)
  const axes = x.shape.flatMap((extent, axis) =>
    axis < added || (shape[axis - added] === 1 && extent !== 1) ? [axis] : []
  )

  return reshape(g, axes.length === 0 ? x : reduceSum(g, x, { axes, keepDims: true }), shape)
}
