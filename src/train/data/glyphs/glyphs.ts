import type { DataSource, ExampleSet } from '../examples.ts'
import { type PixelScale, scaleTable } from '../image-set.ts'
import { SIDE } from './mask.ts'
import { GlyphPainter, PIXELS } from './painter.ts'
import { SHAPES } from './shapes.ts'

/** Enough for an MLP to reach 0.95 and few enough to draw at start-up. */
const DEFAULT_TRAIN_COUNT = 10_000
/** One right answer more or less is 0.0005 of accuracy. */
const DEFAULT_TEST_COUNT = 2_000

/** Mean and standard deviation of the bytes of 10,000 pictures, rounded: a node that draws only its slice can't measure them. */
const SCALE: PixelScale = { mean: 0.157, stdDev: 0.204 }

export interface GlyphsOptions {
  /** uint32; another seed draws other pictures of the same symbols. */
  seed: number
  /** @default 10000 */
  trainCount?: number
  /** @default 2000 */
  testCount?: number
}

/**
 * The embedded data set: pictures 28 x 28 of ten symbols, drawn by the
 * program, so that a first run needs no download.
 *
 * A picture is a pure function of (seed, split, index), the same bytes on
 * every machine; its class is index mod 10. It is drawn when first read and
 * then kept as bytes, so that a node pays for its own slice only.
 *
 * Hard enough to tell models apart. Test accuracy after training on all of it:
 * linear 0.78 at best, MLP 784-256-128-10 0.94 to 0.97, LeNet 0.985 to 0.99.
 */
export function createGlyphs(options: GlyphsOptions): DataSource {
  const { seed, trainCount = DEFAULT_TRAIN_COUNT, testCount = DEFAULT_TEST_COUNT } = options

  return {
    train: createSplit('glyphs train', new GlyphPainter(seed, 0), trainCount),
    test: createSplit('glyphs test', new GlyphPainter(seed, 1), testCount)
  }
}

function createSplit(name: string, painter: GlyphPainter, count: number): ExampleSet {
  const labels = Int32Array.from({ length: count }, (_, index) => index % SHAPES.length)
  const table = scaleTable(SCALE)
  // the system hands out pages of this when they are first written, so pictures never drawn take no memory
  const pixels = new Uint8Array(count * PIXELS)
  const drawn = new Uint8Array(count)

  return {
    name,
    count,
    shape: [SIDE, SIDE, 1],
    type: 'float32',
    classes: SHAPES.length,
    labels,
    targetShape: [],
    readInto(index, out, offset) {
      const start = index * PIXELS
      if (drawn[index] === 0) {
        painter.draw(index, labels[index]!, pixels, start)
        drawn[index] = 1
      }
      for (let i = 0; i < PIXELS; i++) out[offset + i] = table[pixels[start + i]!]!
    },
    readTargetInto(index, out, offset) {
      out[offset] = labels[index]!
    }
  }
}
