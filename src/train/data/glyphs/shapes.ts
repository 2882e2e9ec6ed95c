/** One movement of the pen. */
export interface Stroke {
  /** Coordinates x0, y0, x1, y1, ... in a square from -1 to 1, y downwards. */
  readonly points: readonly number[]
  /** A smooth curve through the points; otherwise straight lines between them. */
  readonly smooth: boolean
}

export type Shape = readonly Stroke[]

const line = (...points: number[]): Stroke => ({ points, smooth: false })
const curve = (...points: number[]): Stroke => ({ points, smooth: true })

const RING = curve(0, -0.9, 0.68, -0.62, 0.8, 0.05, 0.6, 0.68, 0, 0.9, -0.6, 0.66, -0.8, 0, -0.66, -0.62, 0, -0.9)

/**
 * The ten symbols. Many share strokes (ring and ring with a bar, fork and
 * cross, the two hooks), so that what tells them apart is how strokes meet
 * and not which pixels are dark.
 */
export const SHAPES: readonly Shape[] = [
  // ring
  [RING],
  // ring with a bar through it
  [RING, line(-0.95, 0.02, 0.95, -0.02)],
  // hook, open at the top left
  [line(0.3, -0.9, 0.32, 0.35), curve(0.32, 0.35, 0.2, 0.75, -0.2, 0.9, -0.62, 0.6)],
  // bowl, open at the top
  [curve(-0.7, -0.8, -0.68, 0.2, -0.35, 0.8, 0.25, 0.82, 0.62, 0.3, 0.7, -0.8)],
  // wave
  [curve(0.65, -0.68, 0.2, -0.92, -0.4, -0.75, -0.5, -0.3, 0.05, 0.02, 0.5, 0.38, 0.4, 0.78, -0.2, 0.92, -0.65, 0.66)],
  // zigzag
  [line(-0.7, -0.8, 0.7, -0.78, -0.65, 0.8, 0.72, 0.78)],
  // cross
  [line(0, -0.9, 0.02, 0.9), line(-0.85, 0, 0.85, 0.02)],
  // fork
  [line(-0.7, -0.85, 0, 0), line(0.7, -0.85, 0, 0, 0, 0.92)],
  // triangle
  [line(0, -0.85, 0.8, 0.72, -0.8, 0.75, 0, -0.85)],
  // gate
  [line(-0.6, -0.88, -0.58, 0.88), line(-0.58, 0.02, 0.58, 0), line(0.6, -0.88, 0.58, 0.88)]
]
