import type { Graph, Value } from '../graph.ts'
import type { Conv2dGeometry } from './conv2d-geometry.ts'
import { matMul } from './matmul.ts'
import { reduceSum } from './reduce.ts'
import { concat, reshape, slice, transpose } from './reshape.ts'

/**
 * Cotangent of a convolution's kernel of any size, by slices.
 *
 * The input pixels that a kernel pixel met are gathered as "columns" (im2col)
 * for one kernel row at a time, which leaves a matrix product for each row. Only
 * the shifts to the side are joined: shifts downwards copy whole rows, and stay
 * apart. (No Concat gets more inputs than a kernel side: WebGPU binds as few as
 * 8 storage buffers to an operator, and beyond that onnxruntime's Concat is
 * wrong but for axis 0.)
 *
 * @param dy - shape (n, out, outHeight, outWidth)
 * @param x - shape (n, in, height, width)
 * @returns shape (out, in, kernelHeight, kernelWidth)
 */
export function kernelGradientBySlices(g: Graph, dy: Value, x: Value, geometry: Conv2dGeometry): Value {
  const { outChannels, outHeight, outWidth } = geometry

  // One product for each image needs no transposes of x and dy, but adds up n partial results of out numbers for
  // every outHeight * outWidth numbers read; one product for all needs the transposes.
  const byImage = outHeight * outWidth >= 4 * outChannels
  const rows = byImage
    ? gradientsByImage(g, dy, columnsByImage(g, x, geometry)).map((row) => reduceSum(g, row, { axes: [0] }))
    : allAtOnce(g, dy, x, geometry)

  return fromRows(g, rows, geometry)
}

/**
 * A kernel from its rows, each of shape (kernelWidth * in, out).
 *
 * @returns shape (out, in, kernelHeight, kernelWidth)
 */
export function fromRows(g: Graph, rows: readonly Value[], geometry: Conv2dGeometry): Value {
  const { inChannels, outChannels, kernelHeight, kernelWidth } = geometry
  const byPixel = reshape(g, concat(g, rows, 0), [kernelHeight, kernelWidth, inChannels, outChannels])

  return transpose(g, byPixel, [3, 2, 0, 1])
}

/** For each kernel row, the pixels of each image that it met, shape (n, kernelWidth * in, outHeight * outWidth). */
export function columnsByImage(g: Graph, x: Value, geometry: Conv2dGeometry): Value[] {
  const { batch, outHeight, outWidth } = geometry

  return shiftedRows(g, x, geometry, 1).map((row) => reshape(g, row, [batch, row.shape[1]!, outHeight * outWidth]))
}

/** For each kernel row, the gradient of each image alone, shape (n, kernelWidth * in, out). */
export function gradientsByImage(g: Graph, dy: Value, columns: readonly Value[]): Value[] {
  const [batch, outChannels, outHeight, outWidth] = dy.shape as [number, number, number, number]
  const errors = reshape(g, dy, [batch, outChannels, outHeight * outWidth])

  return columns.map((row) => matMul(g, row, errors, { transposeB: true }))
}

/** For each kernel row, shape (kernelWidth * in, out). */
function allAtOnce(g: Graph, dy: Value, x: Value, geometry: Conv2dGeometry): Value[] {
  const { batch, outChannels, outHeight, outWidth } = geometry
  const count = batch * outHeight * outWidth
  const errors = reshape(g, transpose(g, dy, CHANNELS_FIRST), [outChannels, count])

  return shiftedRows(g, transpose(g, x, CHANNELS_FIRST), geometry, 0).map((row) =>
    matMul(g, reshape(g, row, [row.shape[0]!, count]), errors, { transposeB: true })
  )
}

const CHANNELS_FIRST = [1, 0, 2, 3] as const

/** For each kernel row, what its pixels met of `x`, joined along `axis`; each of the output's height and width. */
function shiftedRows(g: Graph, x: Value, geometry: Conv2dGeometry, axis: 0 | 1): Value[] {
  const { kernelHeight, kernelWidth, outHeight, outWidth, stride, padding } = geometry
  const padded = padPixels(g, x, padding)
  const sideways = shifts(g, padded, { axis: 3, count: kernelWidth, length: outWidth, stride })

  return shifts(g, concat(g, sideways, axis), { axis: 2, count: kernelHeight, length: outHeight, stride })
}

function padPixels(g: Graph, x: Value, padding: number): Value {
  if (padding === 0) return x
  const [a, b, height, width] = x.shape as [number, number, number, number]
  const pads = g.int64([0, 0, padding, padding, 0, 0, padding, padding])

  return g.emit('Pad', [x, pads], [a, b, height + 2 * padding, width + 2 * padding])
}

/** `count` slices of `length` elements along `axis`, `stride` apart within a slice, each starting one later. */
function shifts(g: Graph, x: Value, along: { axis: number; count: number; length: number; stride: number }): Value[] {
  const { axis, count, length, stride } = along

  return Array.from({ length: count }, (_, start) => slice(g, x, { axis, start, length, stride }))
}
