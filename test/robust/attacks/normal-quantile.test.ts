import { describe, expect, test } from 'vitest'
import { normalQuantile } from '../../../src/robust/attacks/normal-quantile.ts'

describe('normalQuantile', () => {
  // from printed tables, and scipy.stats.norm.ppf
  test.each([
    { p: 0.5, z: 0 },
    { p: 0.75, z: 0.6744897501960817 },
    { p: 0.9, z: 1.2815515655446004 },
    { p: 0.975, z: 1.959963984540054 },
    { p: 0.99, z: 2.3263478740408408 },
    { p: 0.999, z: 3.090232306167813 },
    { p: 1e-6, z: -4.753424308822899 },
    { p: 1e-9, z: -5.997807015007687 }
  ])('of $p is $z', ({ p, z }) => {
    expect(Math.abs(normalQuantile(p) - z)).toBeLessThan(1e-8)
  })

  test('is the inverse of the area under the density', () => {
    /** Simpson's rule from 0 to z. */
    const area = (z: number): number => {
      const steps = 2000
      const density = (x: number): number => Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI)
      let sum = density(0) + density(z)
      for (let i = 1; i < steps; i++) sum += density((i * z) / steps) * (i % 2 === 1 ? 4 : 2)
      return 0.5 + (sum * z) / steps / 3
    }

    for (let p = 0.005; p < 1; p += 0.01) expect(area(normalQuantile(p)), `p = ${p}`).toBeCloseTo(p, 10)
  })

  test.each([0, 1, -0.1, 1.1, Number.NaN, 1e-10])('refuses %d', (p) => {
    expect(() => normalQuantile(p)).toThrow(RangeError)
  })
})
