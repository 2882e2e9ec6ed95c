import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { createGlyphs } from '../../../src/train/data/glyphs/glyphs.ts'
import { coverSegment, SIDE } from '../../../src/train/data/glyphs/mask.ts'
import { GlyphPainter, PIXELS } from '../../../src/train/data/glyphs/painter.ts'
import { loadData } from '../../../src/train/data/load.ts'
import { inputOf, targetOf } from './files.ts'
import { softmaxRegression } from './softmax-regression.ts'

function picture(seed: number, split: number, index: number): Uint8Array {
  const out = new Uint8Array(PIXELS)
  new GlyphPainter(seed, split).draw(index, index % 10, out, 0)

  return out
}

describe('glyphs', () => {
  test('10,000 and 2,000 pictures of ten classes, all equally often', async () => {
    const { train, test: held } = await loadData('glyphs', { seed: 1 })
    expect([train.count, held.count, train.classes]).toEqual([10_000, 2_000, 10])
    expect(train).toMatchObject({ shape: [28, 28, 1], type: 'float32', targetShape: [] })
    for (const set of [train, held]) {
      for (let c = 0; c < 10; c++) expect(set.labels.filter((label) => label === c).length).toBe(set.count / 10)
    }
    expect(targetOf(train, 1234)).toEqual([4])
  })

  test('a picture does not depend on what was drawn before it', () => {
    const { train } = createGlyphs({ seed: 1 })
    const forwards = [0, 1, 9999].map((i) => inputOf(train, i))
    const backwards = [9999, 1, 0].map((i) => inputOf(createGlyphs({ seed: 1 }).train, i)).reverse()
    expect(backwards).toEqual(forwards)
    expect(inputOf(train, 1)).toEqual(forwards[1])
  })

  test('seeds, splits and indices give different pictures', () => {
    const all = [picture(1, 0, 0), picture(2, 0, 0), picture(1, 1, 0), picture(1, 0, 10)]
    expect(new Set(all.map((bytes) => bytes.join())).size).toBe(4)
  })

  test('the same bytes on every machine', () => {
    const hash = createHash('sha256')
    for (let i = 0; i < 200; i++) hash.update(picture(1, 0, i)).update(picture(7, 1, i))
    expect(hash.digest('hex')).toBe('da74d77b2522bf932754e9fc7d2d5f1a6da6f5358cb398cef89adf0d2e8ea8d1')
  })

  test('inputs have mean 0 and standard deviation 1, roughly', () => {
    const { train } = createGlyphs({ seed: 3, trainCount: 1000 })
    let [sum, squares] = [0, 0]
    for (let i = 0; i < train.count; i++) {
      for (const value of inputOf(train, i)) {
        sum += value / (train.count * PIXELS)
        squares += value ** 2 / (train.count * PIXELS)
      }
    }
    expect(Math.abs(sum)).toBeLessThan(0.05)
    expect(Math.abs(squares - 1)).toBeLessThan(0.1)
  })

  test('a linear model learns something, but stays below 0.90', { timeout: 60_000 }, () => {
    const { train, test: held } = createGlyphs({ seed: 1 })
    const epochs = softmaxRegression(train, held, { seed: 1, epochs: 8, learningRate: 0.05, weightDecay: 0.01 })
    const best = Math.max(...epochs.map((epoch) => epoch.test))

    // fitted well: what is missing on the test set is not for want of training
    expect(epochs.at(-1)!.train).toBeGreaterThan(0.82)
    expect(best).toBeGreaterThan(0.7)
    expect(best).toBeLessThan(0.9)
  })
})

describe('coverSegment', () => {
  test('full within the radius, fading over one pixel, nothing beyond', () => {
    const mask = new Float64Array(PIXELS)
    coverSegment(mask, 5, 10, 15, 10, 1.25)
    const at = (x: number, y: number): number => mask[y * SIDE + x]!

    expect([at(5, 10), at(10, 10), at(15, 10)]).toEqual([1, 1, 1])
    expect(at(10, 11)).toBe(0.75) // 1.75 - 1
    expect(at(10, 12)).toBe(0)
    expect(at(16, 10)).toBe(0.75) // round ends
    expect(at(17, 10)).toBe(0)
  })

  test('overlapping lines take the larger coverage, and lines outside do nothing', () => {
    const mask = new Float64Array(PIXELS)
    coverSegment(mask, 5, 5, 5, 5, 1)
    const once = mask.slice()
    coverSegment(mask, 5, 5, 5, 5, 1)
    coverSegment(mask, -9, -9, -5, 40, 1)
    expect(mask).toEqual(once)
    expect(once.reduce((a, b) => a + b)).toBeGreaterThan(3)
  })
})
