import type { Graph, Value } from '../graph.ts'
import { GraphError, sameShape } from '../shape.ts'
import { mul, sumOfSquares } from './elementwise.ts'
import { reduceSum } from './reduce.ts'
import { transpose } from './reshape.ts'

export interface MatMulOptions {
  /** Whether `a` is given as (..., k, m). @default false */
  transposeA?: boolean
  /** Whether `b` is given as (..., n, k). @default false */
  transposeB?: boolean
}

/**
 * Product of the last two axes, (..., m, k) by (..., k, n); leading axes are
 * equal. Matrices become Gemm, whose transposes are free; batches become
 * MatMul, into which onnxruntime folds the transposes.
 */
export function matMul(g: Graph, a: Value, b: Value, options: MatMulOptions = {}): Value {
  const { transposeA = false, transposeB = false } = options
  const y = product(g, a, b, transposeA, transposeB)
  g.record([y], [a, b], (dy) => [
    transposeA ? product(g, b, dy!, transposeB, true) : product(g, dy!, b, false, !transposeB),
    transposeB ? product(g, dy!, a, true, transposeA) : product(g, a, dy!, !transposeA, false)
  ])

  return y
}

/** Affine map x w + bias of the rows of x: shapes (n, in), (in, out), (out). */
export function linear(g: Graph, x: Value, w: Value, bias: Value): Value {
  const shape = [x.shape[0]!, w.shape[1]!]
  if (x.shape[1] !== w.shape[0] || bias.shape[0] !== shape[1]) {
    throw new GraphError(`linear map of (${x.shape}) by (${w.shape}) and (${bias.shape})`)
  }

  const y = g.emit('Gemm', [x, w, bias], shape)
  g.record(
    [y],
    [x, w, bias],
    (dy) => [product(g, dy!, w, false, true), product(g, x, dy!, true, false), reduceSum(g, dy!, { axes: [0] })],
    (passes) => {
      // a row's gradient of w is an outer product, and so is its square: (x_i dy_j)^2 = x_i^2 dy_j^2
      const squares = sumOfSquares(g, passes)

      return [undefined, product(g, mul(g, x, x), squares, true, false), reduceSum(g, squares, { axes: [0] })]
    }
  )

  return y
}

function product(g: Graph, a: Value, b: Value, transposeA: boolean, transposeB: boolean): Value {
  const rank = a.shape.length
  const [m, k] = lastTwo(a, transposeA)
  const [k2, n] = lastTwo(b, transposeB)
  const batch = a.shape.slice(0, -2)
  if (k !== k2 || !sameShape(batch, b.shape.slice(0, -2)))
    throw new GraphError(`product of (${a.shape}) and (${b.shape})`)
  if (rank === 2) return g.emit('Gemm', [a, b], [m, n], { transA: transposeA ? 1 : 0, transB: transposeB ? 1 : 0 })

  const left = transposeA ? swapLastTwo(g, a) : a
  const right = transposeB ? swapLastTwo(g, b) : b

  return g.emit('MatMul', [left, right], [...batch, m, n])
}

function lastTwo({ shape }: Value, swap: boolean): [number, number] {
  if (shape.length < 2) throw new GraphError(`a matrix is wanted, got shape (${shape})`)
  const [rows, columns] = shape.slice(-2) as [number, number]

  return swap ? [columns, rows] : [rows, columns]
}

function swapLastTwo(g: Graph, x: Value): Value {
  const last = x.shape.length - 1
  const axes = x.shape.map((_, axis) => axis)

  return transpose(g, x, [...axes.slice(0, -2), last, last - 1])
}
