import type { Value } from '../graph.ts'
import { GraphError } from '../shape.ts'

/** A convolution's numbers, which its derivatives need as well. */
export interface Conv2dGeometry {
  readonly batch: number
  readonly inChannels: number
  readonly outChannels: number
  readonly inHeight: number
  readonly inWidth: number
  readonly outHeight: number
  readonly outWidth: number
  readonly kernelHeight: number
  readonly kernelWidth: number
  /** Step between outputs, both ways. */
  readonly stride: number
  /** Zeros added on each of the four sides. */
  readonly padding: number
}

export function conv2dGeometry(x: Value, kernel: Value, stride: number, padding: number): Conv2dGeometry {
  const [batch, inChannels, inHeight, inWidth] = x.shape as [number, number, number, number]
  const [outChannels, kernelIn, kernelHeight, kernelWidth] = kernel.shape as [number, number, number, number]
  const outHeight = Math.floor((inHeight + 2 * padding - kernelHeight) / stride) + 1
  const outWidth = Math.floor((inWidth + 2 * padding - kernelWidth) / stride) + 1
  const ranks = x.shape.length === 4 && kernel.shape.length === 4
  if (!ranks || kernelIn !== inChannels || outHeight < 1 || outWidth < 1) {
    throw new GraphError(`convolution of (${x.shape}) by (${kernel.shape}), stride ${stride}, padding ${padding}`)
  }

  return {
    batch,
    inChannels,
    outChannels,
    inHeight,
    inWidth,
    outHeight,
    outWidth,
    kernelHeight,
    kernelWidth,
    stride,
    padding
  }
}

/** The same, as ONNX's attributes. */
export function convAttributes({ kernelHeight, kernelWidth, stride, padding }: Conv2dGeometry) {
  return {
    kernel_shape: [kernelHeight, kernelWidth],
    strides: [stride, stride],
    pads: [padding, padding, padding, padding]
  }
}
