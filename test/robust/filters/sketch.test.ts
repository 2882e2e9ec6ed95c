import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createRng } from '../../../src/math/philox.ts'
import { dot, squaredDistance } from '../../../src/math/vector.ts'
import { Sketch } from '../../../src/robust/filters/sketch.ts'

const normals = (seed: number, dim: number): Float32Array => {
  const rng = createRng(seed, 'sketch')
  return Float32Array.from({ length: dim }, () => rng.normal())
}

describe('Sketch', () => {
  test('keeps short vectors as they are', () => {
    const sketch = new Sketch({ dim: 3, size: 3, key: [1, 2] })
    const [difference] = sketch.differences([Float32Array.of(1, 2, 3)], Float32Array.of(0.5, 2, -1))

    expect(sketch.isExact).toBe(true)
    expect([...difference!]).toEqual([0.5, 0, 4])
  })

  test('adds each coordinate to one bucket, with a sign', () => {
    const dim = 20_000 // more than one block of places
    const sketch = new Sketch({ dim, size: 64, key: [5, 6] })
    const zero = new Float32Array(dim)
    const used = new Set<number>()
    for (const coordinate of [0, 1, 2, 3, 4, 8191, 8192, 8193, dim - 1]) {
      const unit = new Float32Array(dim)
      unit[coordinate] = 2
      const out = sketch.differences([unit], zero)[0]!
      const hit = [...out.keys()].filter((i) => out[i] !== 0)
      expect(hit).toHaveLength(1)
      expect(Math.abs(out[hit[0]!]!)).toBe(2)
      used.add(hit[0]! * Math.sign(out[hit[0]!]!))
    }
    expect(used.size).toBeGreaterThan(5)
  })

  test('is linear, and the same for the same key only', () => {
    const dim = 1000
    const a = normals(1, dim)
    const b = normals(2, dim)
    const one = new Sketch({ dim, size: 128, key: [1, 1] })
    const sums = one.differences([a, b], new Float32Array(dim))
    const direct = one.differences([a], b)[0]!
    for (let i = 0; i < 128; i++) expect(direct[i]).toBeCloseTo(sums[0]![i]! - sums[1]![i]!, 4)

    expect(new Sketch({ dim, size: 128, key: [1, 1] }).differences([a], b)[0]).toEqual(direct)
    expect(new Sketch({ dim, size: 128, key: [1, 2] }).differences([a], b)[0]).not.toEqual(direct)
  })

  test('keeps lengths and cosines within the error that it states', () => {
    const dim = 30_000
    const size = 1024
    const zero = new Float32Array(dim)
    const a = normals(3, dim)
    const b = normals(4, dim).map((value, i) => 0.6 * a[i]! + 0.8 * value)
    const length = Math.sqrt(dot(a, a) * dot(b, b))
    const errors: { product: number; square: number }[] = []
    for (let key = 0; key < 40; key++) {
      const [x, y] = new Sketch({ dim, size, key: [key, 9] }).differences([a, b], zero)
      errors.push({
        product: (dot(x!, y!) - dot(a, b)) / length,
        square: squaredDistance(x!, y!) / squaredDistance(a, b) - 1
      })
    }
    const stated = Math.sqrt(2 / size)
    for (const kind of ['product', 'square'] as const) {
      const mean = errors.reduce((sum, error) => sum + error[kind], 0) / errors.length
      const rms = Math.sqrt(errors.reduce((sum, error) => sum + error[kind] ** 2, 0) / errors.length)
      expect(Math.abs(mean)).toBeLessThan((3 * stated) / Math.sqrt(errors.length))
      expect(rms).toBeLessThan(1.3 * stated)
      expect(rms).toBeGreaterThan(0.3 * stated)
    }
  })

  test('any finite vectors give a finite sketch', () => {
    const value = fc.float({ noNaN: true, noDefaultInfinity: true })
    const vector = fc.array(value, { minLength: 70, maxLength: 70 }).map((values) => Float32Array.from(values))
    fc.assert(
      fc.property(vector, vector, fc.constantFrom(64, 70), (a, b, size) => {
        const [out] = new Sketch({ dim: 70, size, key: [3, 4] }).differences([a], b)
        expect(out!.every(Number.isFinite)).toBe(true)
      })
    )
  })
})
