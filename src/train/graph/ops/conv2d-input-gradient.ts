import type { Graph, Value } from '../graph.ts'
import type { Conv2dGeometry } from './conv2d-geometry.ts'
import { convAttributes } from './conv2d-geometry.ts'
import { transpose } from './reshape.ts'

/**
 * Cotangent of a convolution's input.
 *
 * With stride 1 that is itself a convolution, by the kernel turned half way
 * round and with its channels swapped; onnxruntime spreads Conv over threads
 * by image, which it does not do for ConvTranspose.
 *
 * @param dy - shape (n, out, outHeight, outWidth)
 * @returns shape (n, in, height, width)
 */
export function conv2dInputGradient(g: Graph, dy: Value, kernel: Value, geometry: Conv2dGeometry): Value {
  const { batch, inChannels, inHeight, inWidth, kernelHeight, kernelWidth, stride, padding } = geometry
  const shape = [batch, inChannels, inHeight, inWidth]
  const padHeight = kernelHeight - 1 - padding
  const padWidth = kernelWidth - 1 - padding
  if (stride > 1 || padHeight < 0 || padWidth < 0) return transposedConvolution(g, dy, kernel, shape, geometry)

  const turned = reversePixels(g, transpose(g, kernel, [1, 0, 2, 3]))

  return g.emit('Conv', [dy, turned], shape, {
    kernel_shape: [kernelHeight, kernelWidth],
    pads: [padHeight, padWidth, padHeight, padWidth]
  })
}

function transposedConvolution(
  g: Graph,
  dy: Value,
  kernel: Value,
  shape: readonly number[],
  geometry: Conv2dGeometry
): Value {
  const { inHeight, inWidth, outHeight, outWidth, kernelHeight, kernelWidth, stride, padding } = geometry

  return g.emit('ConvTranspose', [dy, kernel], shape, {
    ...convAttributes(geometry),
    // rows and columns at the end that the convolution's last step did not reach
    output_padding: [
      inHeight + 2 * padding - ((outHeight - 1) * stride + kernelHeight),
      inWidth + 2 * padding - ((outWidth - 1) * stride + kernelWidth)
    ]
  })
}

/** Turns each kernel half way round: reverses its last two axes. */
function reversePixels(g: Graph, kernel: Value): Value {
  const last = g.int64([-1, -1])
  const beforeFirst = g.int64(kernel.shape.slice(2).map((extent) => -extent - 1))

  return g.emit('Slice', [kernel, last, beforeFirst, g.int64([2, 3]), g.int64([-1, -1])], kernel.shape)
}
