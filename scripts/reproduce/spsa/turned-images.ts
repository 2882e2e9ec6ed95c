/** Grey images, shape (count, size, size), a byte each; rows from the top. */
export interface SquareImages {
  readonly size: number
  readonly pixels: Uint8Array
}

/** What a pixel of a turned image is made of: up to four pixels of the image and their weights. */
interface Sample {
  readonly places: readonly number[]
  readonly weights: readonly number[]
}

/**
 * Turns every image about its centre: the turned image has at (x, y), from the centre, what the image has at
 * (x cos a - y sin a, x sin a + y cos a), bilinear, and black from beyond the edge.
 *
 * The same as PyTorch's `affine_grid` and `grid_sample` with that matrix and `align_corners=False`, rounded to bytes.
 */
export function turnImages({ size, pixels }: SquareImages, degrees: number): Uint8Array {
  const samples = samplesOf(size, (degrees * Math.PI) / 180)
  const area = size * size
  const turned = new Uint8Array(pixels.length)
  for (let from = 0; from < pixels.length; from += area) {
    for (let i = 0; i < area; i++) turned[from + i] = Math.round(read(pixels, from, samples[i]!))
  }

  return turned
}

function read(pixels: Uint8Array, from: number, { places, weights }: Sample): number {
  let sum = 0
  for (let k = 0; k < places.length; k++) sum += weights[k]! * pixels[from + places[k]!]!

  return sum
}

function samplesOf(size: number, angle: number): Sample[] {
  const centre = (size - 1) / 2
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)]

  return Array.from({ length: size * size }, (_, i) => {
    const [x, y] = [(i % size) - centre, Math.floor(i / size) - centre]

    return sampleAt(size, centre + x * cos - y * sin, centre + x * sin + y * cos)
  })
}

/** Of a place between pixels; those outside the image are black and left out. */
function sampleAt(size: number, x: number, y: number): Sample {
  const [left, top] = [Math.floor(x), Math.floor(y)]
  const corners = [
    { x: left, y: top, weight: (left + 1 - x) * (top + 1 - y) },
    { x: left + 1, y: top, weight: (x - left) * (top + 1 - y) },
    { x: left, y: top + 1, weight: (left + 1 - x) * (y - top) },
    { x: left + 1, y: top + 1, weight: (x - left) * (y - top) }
  ].filter((corner) => [corner.x, corner.y].every((at) => at >= 0 && at < size))

  return {
    places: corners.map((corner) => corner.y * size + corner.x),
    weights: corners.map(({ weight }) => weight)
  }
}
