import { InvalidConfigError } from '../../../interface/errors.ts'
import type { Layout, TensorSpec } from '../../../interface/params.ts'

/** Where an output layer lies in the flat vector that is exchanged. */
export interface Head {
  readonly width: number
  readonly classes: number
  /** First element of the kernel, shape (width, classes). */
  readonly kernel: number
  /** First element of the bias, shape (classes); undefined for a layer without. */
  readonly bias: number | undefined
  readonly dim: number
}

/**
 * The output layer that is all of a layout.
 *
 * @throws {InvalidConfigError} ERR_CONFIG_INVALID when there is more in it, or something else
 */
export function headOf({ tensors, dim }: Layout): Head {
  const kernels = tensors.filter(({ shape }) => shape.length === 2)
  const [kernel] = kernels
  const rest = tensors.filter((tensor) => tensor !== kernel)
  const [width = 0, classes = 0] = kernel?.shape ?? []
  const isBias = ({ shape, kind }: TensorSpec): boolean => kind === 'bias' && shape.length === 1 && shape[0] === classes
  if (kernel === undefined || rest.length > 1 || !rest.every(isBias)) {
    throw new InvalidConfigError(
      'filter bristle exchanges the output layer alone, and this model exchanges more: name model linear, or train the head only'
    )
  }

  return { width, classes, kernel: kernel.offset, bias: rest[0]?.offset, dim }
}

/** Places of a class's column in the flat vector: its kernel's, then its bias, which counts as one more row. */
export function columnPlaces({ width, classes, kernel, bias }: Head, column: number): Int32Array {
  const places = new Int32Array(width + (bias === undefined ? 0 : 1))
  for (let row = 0; row < width; row++) places[row] = kernel + row * classes + column
  if (bias !== undefined) places[width] = bias + column

  return places
}
