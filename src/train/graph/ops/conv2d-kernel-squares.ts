import type { Graph, Value } from '../graph.ts'
import type { Conv2dGeometry } from './conv2d-geometry.ts'
import { columnsByImage, fromRows, gradientsByImage } from './conv2d-kernel-gradient-slices.ts'
import { sumOfSquares } from './elementwise.ts'
import { sumOverFirst } from './reduce.ts'

/**
 * Each image's gradient of a convolution's kernel, squared, and summed over images and backward passes. A pixel's part
 * is an outer product, but an image's is the sum over its pixels, which has to be known before it is squared.
 *
 * @param passes - the output's cotangents, each of shape (n, out, outHeight, outWidth)
 * @param x - shape (n, in, height, width)
 * @returns shape (out, in, kernelHeight, kernelWidth)
 */
export function conv2dKernelSquares(g: Graph, passes: readonly Value[], x: Value, geometry: Conv2dGeometry): Value {
  const columns = columnsByImage(g, x, geometry)
  const gradients = passes.map((dy) => gradientsByImage(g, dy, columns))
  const rows = columns.map((_, row) => {
    const ofRow = gradients.map((rows) => rows[row]!)

    return sumOverFirst(g, sumOfSquares(g, ofRow))
  })

  return fromRows(g, rows, geometry)
}
