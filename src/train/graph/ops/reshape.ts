import { elementCount } from '../../../interface/params.ts'
import type { Graph, Value } from '../graph.ts'
import type { Shape } from '../shape.ts'
import { GraphError, sameShape } from '../shape.ts'
import { sumTo } from './reduce.ts'

/** The same elements in the same order under another shape: onnxruntime copies nothing. */
export function reshape(g: Graph, x: Value, shape: Shape): Value {
  if (sameShape(x.shape, shape)) return x
  if (elementCount(x.shape) !== elementCount(shape)) throw new GraphError(`can't reshape (${x.shape}) to (${shape})`)

  const y = g.emit('Reshape', [x, g.int64(shape)], shape, {}, x.type)
  g.record([y], [x], (dy) => [reshape(g, dy!, x.shape)])

  return y
}

/** Axis `i` of the result is axis `permutation[i]` of `x`. */
export function transpose(g: Graph, x: Value, permutation: readonly number[]): Value {
  const shape = permutation.map((axis) => x.shape[axis]!)
  const y = g.emit('Transpose', [x], shape, { perm: permutation }, x.type)
  g.record([y], [x], (dy) => [transpose(g, dy!, inverse(permutation))])

  return y
}

function inverse(permutation: readonly number[]): number[] {
  return permutation.map((_, axis) => permutation.indexOf(axis))
}

/** Repeats `x` along its axes of extent 1 up to `shape`. */
export function expand(g: Graph, x: Value, shape: Shape): Value {
  if (sameShape(x.shape, shape)) return x

  const y = g.emit('Expand', [x, g.int64(shape)], shape, {}, x.type)
  g.record([y], [x], (dy) => [sumTo(g, dy!, x.shape)])

  return y
}

/** A float32 tensor of one value. */
export function fill(g: Graph, value: number, shape: Shape): Value {
  return expand(g, g.scalar(value), shape)
}

/** Inputs and outputs of one operator: WebGPU promises 8 storage buffers, and some providers have no more. */
const MAX_PARTS = 7

/** Cuts `x` into `count` equal parts along `axis`, at most 7. */
export function split(g: Graph, x: Value, count: number, axis: number): Value[] {
  const extent = x.shape[axis]! / count
  if (!Number.isInteger(extent) || count > MAX_PARTS)
    throw new GraphError(`can't split axis ${axis} of (${x.shape}) by ${count}`)

  const shape = x.shape.map((size, i) => (i === axis ? extent : size))
  const parts = g.emitMany('Split', [x], Array(count).fill(shape), { axis, num_outputs: count }, x.type)
  g.record(parts, [x], (...cotangents) => [
    concat(
      g,
      cotangents.map((cotangent) => cotangent ?? fill(g, 0, shape)),
      axis
    )
  ])

  return parts
}

/** Joins tensors along `axis`; they agree in all other axes. */
export function concat(g: Graph, parts: readonly Value[], axis: number): Value {
  const [first] = parts
  if (first === undefined) throw new GraphError('nothing to concatenate')

  if (parts.length === 1) return first

  const extents = parts.map((part) => part.shape[axis]!)
  const shape = first.shape.map((size, i) => (i === axis ? extents.reduce((sum, extent) => sum + extent, 0) : size))
  const y = g.emit('Concat', parts, shape, { axis }, first.type)
  g.record([y], parts, (dy) => {
    let start = 0

    return extents.map((extent) => {
      const piece = slice(g, dy!, { axis, start, length: extent })
      start += extent

      return piece
    })
  })

  return y
}

export interface SliceRange {
  readonly axis: number
  readonly start: number
  readonly length: number
  /** Distance between the elements taken. @default 1 */
  readonly stride?: number
}

/** Part of `x` along one axis. Not recorded: only derivatives of other operators use it. */
export function slice(g: Graph, x: Value, { axis, start, length, stride = 1 }: SliceRange): Value {
  if (start === 0 && length === x.shape[axis]) return x

  const shape = x.shape.map((size, i) => (i === axis ? length : size))
  const end = start + (length - 1) * stride + 1
  const bounds = [[start], [end], [axis], [stride]].map((list) => g.int64(list))

  return g.emit('Slice', [x, ...bounds], shape, {}, x.type)
}
