import { InvalidConfigError } from '../../interface/errors.ts'
import type { Graph, Value } from '../graph/graph.ts'
import { reshape, transpose } from '../graph/ops/reshape.ts'
import type { DataShape } from './model.ts'

export interface ImageShape {
  readonly height: number
  readonly width: number
  readonly channels: number
}

export interface ImageLimits {
  /** Smallest height and width that the model can take. */
  minSide: number
  /** What height and width must be multiples of, where the model halves its images. @default 1 */
  sideMultiple?: number
}

/** @throws {InvalidConfigError} when the data are not images that fit, saying what does */
export function imageShape(model: string, { shape, type }: DataShape, limits: ImageLimits): ImageShape {
  const { minSide, sideMultiple = 1 } = limits
  const [height, width, channels] = shape
  const fits = (side: number | undefined): boolean => side !== undefined && side >= minSide && side % sideMultiple === 0
  if (type !== 'float32' || shape.length !== 3 || channels === undefined || !fits(height) || !fits(width)) {
    const multiple = sideMultiple === 1 ? '' : `, in multiples of ${sideMultiple}`
    throw new InvalidConfigError(
      `${model} takes images of shape (height, width, channels) with sides from ${minSide} on${multiple}; ` +
        `the data's examples are ${type} of shape (${shape.join(', ')}): use pictures, or the model mlp or linear`
    )
  }

  return { height: height!, width: width!, channels }
}

/** Images (n, height, width, channels) of the data to (n, channels, height, width), which convolutions take. */
export function toChannelsFirst(g: Graph, x: Value): Value {
  const [n, height, width, channels] = x.shape as [number, number, number, number]
  if (channels === 1) return reshape(g, x, [n, 1, height, width]) // the same order in memory

  return transpose(g, x, [0, 3, 1, 2])
}
