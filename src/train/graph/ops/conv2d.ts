import type { Graph, Value } from '../graph.ts'
import { conv2dGeometry, convAttributes } from './conv2d-geometry.ts'
import { conv2dInputGradient } from './conv2d-input-gradient.ts'
import { conv2dKernelGradient } from './conv2d-kernel-gradient.ts'
import { conv2dKernelSquares } from './conv2d-kernel-squares.ts'
import { sumOfSquares } from './elementwise.ts'
import { reduceSum, sumOverFirst } from './reduce.ts'

export interface Conv2dOptions {
  /** Shape (out). @default none */
  bias?: Value
  /** Step between outputs, both ways. @default 1 */
  stride?: number
  /** Zeros added on each of the four sides. @default 0 */
  padding?: number
}

/**
 * Cross-correlation of images with kernels, as every framework calls convolution.
 *
 * @param x - shape (n, in, height, width)
 * @param kernel - shape (out, in, kernelHeight, kernelWidth)
 * @returns shape (n, out, outHeight, outWidth), outHeight = floor((height + 2 padding - kernelHeight) / stride) + 1
 */
export function conv2d(g: Graph, x: Value, kernel: Value, options: Conv2dOptions = {}): Value {
  const { bias, stride = 1, padding = 0 } = options
  const geometry = conv2dGeometry(x, kernel, stride, padding)
  const { batch, outChannels, outHeight, outWidth } = geometry
  const inputs = bias === undefined ? [x, kernel] : [x, kernel, bias]
  const y = g.emit('Conv', inputs, [batch, outChannels, outHeight, outWidth], convAttributes(geometry))
  g.record(
    [y],
    inputs,
    (dy) => [
      conv2dInputGradient(g, dy!, kernel, geometry),
      conv2dKernelGradient(g, dy!, x, geometry),
      bias && reduceSum(g, dy!, { axes: [0, 2, 3] })
    ],
    (passes) => [
      undefined,
      conv2dKernelSquares(g, passes, x, geometry),
      bias &&
        sumOverFirst(
          g,
          sumOfSquares(
            g,
            passes.map((dy) => reduceSum(g, dy, { axes: [2, 3] }))
          )
        )
    ]
  )

  return y
}
