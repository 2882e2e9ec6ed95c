import type { ExampleSet } from './examples.ts'

/** How bytes become inputs: (byte / 255 - mean) / stdDev. */
export interface PixelScale {
  readonly mean: number
  readonly stdDev: number
}

export interface ImageSetInit {
  name: string
  /** Shape of one image, (height, width, channels). */
  shape: readonly [number, number, number]
  classes: number
  /** Shape (count). */
  labels: Int32Array
  /** Shape (count, ...shape), one byte a value: a quarter of what floats would take. */
  pixels: Uint8Array
  scale: PixelScale
}

/** Images held as bytes and scaled as they are read, by a table of 256 entries. */
export function createImageSet({ name, shape, classes, labels, pixels, scale }: ImageSetInit): ExampleSet {
  const table = scaleTable(scale)
  const size = shape[0] * shape[1] * shape[2]

  return {
    name,
    count: labels.length,
    shape,
    type: 'float32',
    classes,
    labels,
    targetShape: [],
    readInto(index, out, offset) {
      const start = index * size
      for (let i = 0; i < size; i++) out[offset + i] = table[pixels[start + i]!]!
    },
    readTargetInto(index, out, offset) {
      out[offset] = labels[index]!
    }
  }
}

/** Shape (256): the input that stands for each byte. */
export function scaleTable({ mean, stdDev }: PixelScale): Float32Array {
  return Float32Array.from({ length: 256 }, (_, byte) => (byte / 255 - mean) / stdDev)
}

/**
 * Mean and standard deviation of all bytes / 255. By counting bytes, so exact
 * and the same on every machine. A single grey gets standard deviation 1.
 */
export function measureScale(pixels: Uint8Array): PixelScale {
  const counts = new Float64Array(256)
  for (let i = 0; i < pixels.length; i++) counts[pixels[i]!]! += 1

  let mean = 0
  for (let byte = 0; byte < 256; byte++) mean += (counts[byte]! / pixels.length) * (byte / 255)
  let variance = 0
  for (let byte = 0; byte < 256; byte++) variance += (counts[byte]! / pixels.length) * (byte / 255 - mean) ** 2

  return { mean, stdDev: variance > 0 ? Math.sqrt(variance) : 1 }
}
