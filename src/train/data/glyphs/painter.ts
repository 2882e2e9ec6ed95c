import { coverSegment, SIDE } from './mask.ts'
import { PictureRandom } from './random.ts'
import { SHAPES, type Stroke } from './shapes.ts'

export const PIXELS = SIDE * SIDE
const CENTRE = (SIDE - 1) / 2

/*
 * How hard the pictures are. Chosen by training a linear model, an MLP and
 * LeNet, which reach what `createGlyphs` says with these numbers. Turn and
 * shift matter most: at a shift of 3.4 and a turn of 0.24 the linear model
 * gains 0.05, at 4 and 0.28 it loses 0.04; the MLP changes by 0.01.
 */
const UNIT_PX = 8.6 // pixels per unit of a shape at scale 1
const SCALE_LOW = 0.72
const SCALE_HIGH = 1.12
const ASPECT = 0.2 // wider or narrower by up to a fifth
const TURN = 0.26 // tangent of half the largest turn: 29 degrees
const SHEAR = 0.3
const SHIFT_PX = 3.7
const JITTER = 0.17 // of each control point, in units of the shape
const RADIUS_LOW_PX = 0.65
const RADIUS_HIGH_PX = 1.7
const MOST_SPECKS = 3 // stray pen strokes that belong to no symbol
const SPECK_PX = 5.5
const SPECK_RADIUS_PX = 0.7
const ERASERS_IN_FOUR = 2 // two pictures in four have a gap rubbed into them
const ERASER_RADIUS_PX = 1.1
const INK_LOW = 0.45
const INK_HIGH = 1
const PAPER_HIGH = 0.15
const NOISE_HIGH = 0.22 // half-width of the uniform noise, of full scale

/** Points per span of a smooth stroke. */
const SUBDIVISIONS = 3

/**
 * Draws pictures of one split. Picture `index` depends on nothing but
 * (seed, split, index, label), and on + - * / and square roots of these:
 * IEEE 754 fixes every bit, so all machines draw the same bytes.
 *
 * Scratch memory is reused between pictures; one painter draws one at a time.
 */
export class GlyphPainter {
  readonly #random: PictureRandom
  readonly #ink = new Float64Array(PIXELS)
  readonly #erased = new Float64Array(PIXELS)
  /** Control points of the current stroke, in pixels. */
  readonly #path = new Float64Array(64)
  /** Maps a shape's units to pixels: x' = m0 x + m1 y + m2, y' = m3 x + m4 y + m5. */
  readonly #pose = new Float64Array(6)

  constructor(seed: number, split: number) {
    this.#random = new PictureRandom(seed, split)
  }

  /** Writes shape (28, 28) bytes, 0 paper to 255 ink, into `out` from `offset` on. */
  draw(index: number, label: number, out: Uint8Array, offset: number): void {
    this.#random.start(index)
    this.#ink.fill(0)
    this.#erased.fill(0)

    this.#choosePose()
    const radius = this.#random.between(RADIUS_LOW_PX, RADIUS_HIGH_PX)
    for (const stroke of SHAPES[label]!) this.#drawStroke(stroke, radius)
    this.#addSpecks()
    this.#rubOut()
    this.#develop(out, offset)
  }

  #choosePose(): void {
    const random = this.#random
    const scale = UNIT_PX * random.between(SCALE_LOW, SCALE_HIGH)
    const aspect = 1 + random.around(ASPECT)
    const shear = random.around(SHEAR)
    // a turn by its half-angle's tangent needs no sine
    const t = random.around(TURN)
    const cos = (1 - t * t) / (1 + t * t)
    const sin = (2 * t) / (1 + t * t)

    this.#pose[0] = scale * aspect * cos
    this.#pose[1] = scale * (shear * cos - sin)
    this.#pose[2] = CENTRE + random.around(SHIFT_PX)
    this.#pose[3] = scale * aspect * sin
    this.#pose[4] = scale * (shear * sin + cos)
    this.#pose[5] = CENTRE + random.around(SHIFT_PX)
  }

  #drawStroke({ points, smooth }: Stroke, radius: number): void {
    const path = this.#path
    const pose = this.#pose
    for (let i = 0; i < points.length; i += 2) {
      const x = points[i]! + this.#random.around(JITTER)
      const y = points[i + 1]! + this.#random.around(JITTER)
      path[i] = pose[0]! * x + pose[1]! * y + pose[2]!
      path[i + 1] = pose[3]! * x + pose[4]! * y + pose[5]!
    }

    for (let i = 0; i + 2 < points.length; i += 2) {
      if (smooth) this.#drawSpan(i, points.length, radius)
      else coverSegment(this.#ink, path[i]!, path[i + 1]!, path[i + 2]!, path[i + 3]!, radius)
    }
  }

  /** One span of a Catmull-Rom spline, from point `i` to the next; ends repeat their outermost point. */
  #drawSpan(i: number, length: number, radius: number): void {
    const path = this.#path
    const before = Math.max(0, i - 2)
    const after = Math.min(length - 2, i + 4)
    let x = path[i]!
    let y = path[i + 1]!

    for (let step = 1; step <= SUBDIVISIONS; step++) {
      const t = step / SUBDIVISIONS
      const nextX = catmullRom(path[before]!, path[i]!, path[i + 2]!, path[after]!, t)
      const nextY = catmullRom(path[before + 1]!, path[i + 1]!, path[i + 3]!, path[after + 1]!, t)
      coverSegment(this.#ink, x, y, nextX, nextY, radius)
      x = nextX
      y = nextY
    }
  }

  #addSpecks(): void {
    const random = this.#random
    const specks = random.uint32() % (MOST_SPECKS + 1)
    for (let i = 0; i < specks; i++) {
      const x = random.between(0, SIDE)
      const y = random.between(0, SIDE)
      coverSegment(this.#ink, x, y, x + random.around(SPECK_PX), y + random.around(SPECK_PX), SPECK_RADIUS_PX)
    }
  }

  #rubOut(): void {
    const random = this.#random
    if (random.uint32() % 4 >= ERASERS_IN_FOUR) return

    const x = CENTRE + random.around(CENTRE)
    const y = CENTRE + random.around(CENTRE)
    const dx = random.around(CENTRE)
    const dy = random.around(CENTRE)
    coverSegment(this.#erased, x - dx, y - dy, x + dx, y + dy, ERASER_RADIUS_PX)
  }

  /** Coverage to bytes: contrast, grey paper and noise. */
  #develop(out: Uint8Array, offset: number): void {
    const random = this.#random
    const paper = random.between(0, PAPER_HIGH)
    const contrast = random.between(INK_LOW, INK_HIGH) - paper
    const noise = random.between(0, NOISE_HIGH) / 127.5

    for (let i = 0; i < PIXELS; i += 4) {
      // one random word is the noise of four pixels
      const word = random.uint32()
      for (let k = 0; k < 4; k++) {
        const ink = this.#ink[i + k]! * (1 - this.#erased[i + k]!)
        const grain = noise * (((word >>> (8 * k)) & 0xff) - 127.5)
        const value = 255 * (paper + contrast * ink + grain) + 0.5
        out[offset + i + k] = Math.min(255, Math.max(0, value)) // the store truncates, so this rounds to nearest
      }
    }
  }
}

/** The spline through b (t = 0) and c (t = 1), with a and d beyond them. */
function catmullRom(a: number, b: number, c: number, d: number, t: number): number {
  return b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)))
}
