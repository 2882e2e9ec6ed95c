import type { Graph, Value } from '../graph.ts'
import type { Conv2dGeometry } from './conv2d-geometry.ts'
import { kernelGradientBySlices } from './conv2d-kernel-gradient-slices.ts'
import { MAX_SHIFTS, type Shifts, shiftedImages } from './conv2d-shifts.ts'
import { matMul } from './matmul.ts'
import { sumOverFirst } from './reduce.ts'
import { reshape, transpose } from './reshape.ts'

/**
 * Cotangent of a convolution's kernel: for each kernel pixel, the product of dy
 * with the input pixels that it met, as one matrix product for all of them.
 *
 * Either x is copied once for each kernel pixel (im2col), or, with stride 1, x
 * once for each shift to the side and dy once for each shift downwards, against
 * which x then need not move: for a kernel of k by k, k copies of both in place
 * of k * k of one. The way with fewer copies is taken.
 *
 * Kernels of more than 3 pixels a side take the way by slices.
 *
 * A convolution of x by dy with batch and channels swapped gives the same with
 * fewer nodes, but took 1.1 to 2.6 times as long on a CPU, on one thread.
 *
 * @param dy - shape (n, out, outHeight, outWidth)
 * @param x - shape (n, in, height, width)
 * @returns shape (out, in, kernelHeight, kernelWidth)
 */
export function conv2dKernelGradient(g: Graph, dy: Value, x: Value, geometry: Conv2dGeometry): Value {
  const { inChannels, outChannels, kernelHeight, kernelWidth } = geometry
  if (kernelHeight > MAX_SHIFTS || kernelWidth > MAX_SHIFTS) return kernelGradientBySlices(g, dy, x, geometry)

  if (!canShiftBoth(geometry)) {
    const columns = shiftedImages(g, shiftedImages(g, x, shiftsDown(geometry)), shiftsSideways(geometry))

    return reshape(g, sumOfProducts(g, dy, columns), [outChannels, inChannels, kernelHeight, kernelWidth])
  }

  const sideways = shiftedImages(g, x, shiftsSideways(geometry))
  const down = shiftedImages(g, dy, shiftsOfError(geometry))
  const byShift = [outChannels, kernelHeight, inChannels, kernelWidth]

  return transpose(g, reshape(g, sumOfProducts(g, down, sideways), byShift), [0, 2, 1, 3])
}

/** Whether shifting dy in place of x is possible, and takes fewer copies. */
function canShiftBoth(geometry: Conv2dGeometry): boolean {
  const { inChannels, outChannels, kernelHeight, kernelWidth, stride, padding } = geometry
  const both = inChannels * kernelWidth + outChannels * kernelHeight

  return stride === 1 && padding < kernelHeight && both < inChannels * kernelHeight * kernelWidth
}

function shiftsSideways({ kernelWidth, stride, padding }: Conv2dGeometry): Shifts {
  return { axis: 3, count: kernelWidth, stride, padding, reversed: false }
}

function shiftsDown({ kernelHeight, stride, padding }: Conv2dGeometry): Shifts {
  return { axis: 2, count: kernelHeight, stride, padding, reversed: false }
}

/** Kernel row i meets row r + i - padding of x in row r of dy: dy goes down as the kernel's row goes up. */
function shiftsOfError({ kernelHeight, padding }: Conv2dGeometry): Shifts {
  return { axis: 2, count: kernelHeight, stride: 1, padding: kernelHeight - 1 - padding, reversed: true }
}

/** Pixels for each row of the result from which on one product for each image is the faster way. */
const MIN_PIXELS_PER_ROW = 4 / 3

/**
 * Products of all pairs of channels, summed over images and pixels.
 *
 * One product for each image leaves n partial results to add up; one product
 * for all needs transposes of a and b, which few pixels make the cheaper.
 *
 * @param a - shape (n, p, height, width)
 * @param b - shape (n, q, height, width)
 * @returns shape (p, q)
 */
function sumOfProducts(g: Graph, a: Value, b: Value): Value {
  const [n, p, height, width] = a.shape as [number, number, number, number]
  const pixels = height * width
  if (pixels < MIN_PIXELS_PER_ROW * p) {
    return matMul(g, channelsByPixels(g, a), channelsByPixels(g, b), { transposeB: true })
  }

  const q = b.shape[1]!
  const byImage = matMul(g, reshape(g, a, [n, p, pixels]), reshape(g, b, [n, q, pixels]), { transposeB: true })

  return sumOverFirst(g, byImage)
}

/** Shape (n, channels, height, width) to (channels, n * height * width). */
function channelsByPixels(g: Graph, x: Value): Value {
  const [n, channels, height, width] = x.shape as [number, number, number, number]

  return reshape(g, transpose(g, x, [1, 0, 2, 3]), [channels, n * height * width])
}
