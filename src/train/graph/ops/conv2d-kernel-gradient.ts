import type { Graph, Value } from '../graph.ts'
import type { Conv2dGeometry } from './conv2d-geometry.ts'
import { matMul } from './matmul.ts'
import { reduceSum } from './reduce.ts'
import { reshape, transpose } from './reshape.ts'

/**
 * Cotangent of a convolution's kernel: for each kernel pixel, the product of dy
 * with the input pixels that it met. Those are gathered as "columns" (im2col),
 * which leaves matrix products.
 *
 * A convolution of x by dy with batch and channels swapped gives the same with
 * fewer nodes, but took 1.3 to 2 times as long on a CPU.
 *
 * @param dy - shape (n, out, outHeight, outWidth)
 * @param x - shape (n, in, height, width)
 * @returns shape (out, in, kernelHeight, kernelWidth)
 */
export function conv2dKernelGradient(g: Graph, dy: Value, x: Value, geometry: Conv2dGeometry): Value {
  const { inChannels, outChannels, outHeight, outWidth, kernelHeight, kernelWidth } = geometry
  const pixels = outHeight * outWidth

  // One product per image needs no transposes of x and dy, but adds up n partial results of out numbers
  // for every `pixels` numbers read; one product for all needs the transposes.
  const product = pixels >= 4 * outChannels ? imageByImage(g, dy, x, geometry) : allAtOnce(g, dy, x, geometry)
  const byPixel = reshape(g, product, [kernelHeight * kernelWidth, inChannels, outChannels])

  return reshape(g, transpose(g, byPixel, [2, 1, 0]), [outChannels, inChannels, kernelHeight, kernelWidth])
}

/** Shape (kernel pixels * in, out). */
function imageByImage(g: Graph, dy: Value, x: Value, geometry: Conv2dGeometry): Value {
  const { batch, outChannels } = geometry
  const columns = concatWindows(g, x, geometry, 1) // (n, kernel pixels * in, outHeight, outWidth)
  const products = matMul(g, flatPixels(g, columns), reshape(g, dy, [batch, outChannels, pixelCount(dy)]), {
    transposeB: true
  })

  return reduceSum(g, products, { axes: [0] })
}

/** Shape (kernel pixels * in, out). */
function allAtOnce(g: Graph, dy: Value, x: Value, geometry: Conv2dGeometry): Value {
  const { batch, outChannels } = geometry
  const columns = concatWindows(g, transpose(g, x, CHANNELS_FIRST), geometry, 0) // (kernel pixels * in, n, ...)
  const count = batch * pixelCount(dy)

  return matMul(
    g,
    reshape(g, columns, [columns.shape[0]!, count]),
    reshape(g, transpose(g, dy, CHANNELS_FIRST), [outChannels, count]),
    { transposeB: true }
  )
}

const CHANNELS_FIRST = [1, 0, 2, 3] as const

function pixelCount({ shape }: Value): number {
  return shape[2]! * shape[3]!
}

function flatPixels(g: Graph, x: Value): Value {
  return reshape(g, x, [x.shape[0]!, x.shape[1]!, pixelCount(x)])
}

/** For each kernel pixel, what it met of `x`, joined along `axis`: every part has the size of the output. */
function concatWindows(g: Graph, x: Value, geometry: Conv2dGeometry, axis: 0 | 1): Value {
  const { kernelHeight, kernelWidth } = geometry
  const padded = padPixels(g, x, geometry.padding)
  const windows: Value[] = []
  for (let row = 0; row < kernelHeight; row++) {
    for (let column = 0; column < kernelWidth; column++) windows.push(window(g, padded, row, column, geometry))
  }

  return joinInParts(g, windows, axis)
}

function padPixels(g: Graph, x: Value, padding: number): Value {
  if (padding === 0) return x
  const [a, b, height, width] = x.shape as [number, number, number, number]
  const pads = g.int64([0, 0, padding, padding, 0, 0, padding, padding])

  return g.emit('Pad', [x, pads], [a, b, height + 2 * padding, width + 2 * padding])
}

function window(g: Graph, padded: Value, row: number, column: number, geometry: Conv2dGeometry): Value {
  const { outHeight, outWidth, stride } = geometry
  const starts = [row, column]
  const ends = [row + (outHeight - 1) * stride + 1, column + (outWidth - 1) * stride + 1]
  const shape = [padded.shape[0]!, padded.shape[1]!, outHeight, outWidth]
  const bounds = [starts, ends, [2, 3], [stride, stride]].map((list) => g.int64(list))

  return g.emit('Slice', [padded, ...bounds], shape)
}

/** WebGPU binds at most 16 storage buffers to an operator, the output's included; onnxruntime itself copies in parts. */
function joinInParts(g: Graph, windows: readonly Value[], axis: number): Value {
  if (windows.length === 1) return windows[0]!
  const [first] = windows
  const shape = first!.shape.map((extent, i) => (i === axis ? extent * windows.length : extent))

  return g.emit('Concat', windows, shape, { axis })
}
