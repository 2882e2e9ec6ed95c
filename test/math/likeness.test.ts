import { describe, expect, test } from 'vitest'
import { addSums, likenessOf, NO_SUMS, sumsOf } from '../../src/math/likeness.ts'

const f32 = (...values: number[]): Float32Array => Float32Array.from(values)
const between = (a: Float32Array, b: Float32Array) => likenessOf(sumsOf(a, b, 0, a.length))

describe('likeness', () => {
  test('distance and cosine', () => {
    // 3-4-5, at right angles
    expect(between(f32(3, 0), f32(0, 4))).toEqual({ distance: 5, cosine: 0 })
    expect(between(f32(1, 2), f32(-2, -4)).cosine).toBeCloseTo(-1, 12)
    expect(between(f32(1, 0), f32(1, 1)).cosine).toBeCloseTo(Math.SQRT1_2, 12)
  })

  test('nothing has no direction', () => {
    expect(between(f32(0, 0), f32(3, 4))).toEqual({ distance: 5, cosine: null })
    expect(likenessOf(NO_SUMS)).toEqual({ distance: 0, cosine: null })
  })

  test('the same is never more than alike, however it rounds', () => {
    for (let i = 1; i < 200; i++) {
      const vector = f32(i / 3, 1e-8 * i, 7 / i)
      expect(between(vector, vector)).toEqual({ distance: 0, cosine: expect.closeTo(1, 12) })
      expect(between(vector, vector).cosine).toBeLessThanOrEqual(1)
    }
  })

  test('parts add up to the whole', () => {
    const a = Float32Array.from({ length: 1000 }, (_, i) => Math.sin(i))
    const b = Float32Array.from({ length: 1000 }, (_, i) => Math.cos(i / 2))
    const parts = addSums(sumsOf(a, b, 0, 333), sumsOf(a, b, 333, 1000))
    const whole = between(a, b)
    expect(likenessOf(parts).distance).toBeCloseTo(whole.distance, 10)
    expect(likenessOf(parts).cosine).toBeCloseTo(whole.cosine!, 12)
  })
})
