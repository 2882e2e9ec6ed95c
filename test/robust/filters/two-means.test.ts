import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { silhouette, twoMeans } from '../../../src/robust/filters/two-means.ts'
import { distancesOf } from './distances.ts'

const squared = (points: readonly (readonly number[])[]) => distancesOf(points).map((d) => d * d)

/** Sum of squared distances to the mean of the own cluster. */
function inertia(points: readonly (readonly number[])[], labels: ArrayLike<number>): number {
  return [0, 1].reduce((total, label) => {
    const members = points.filter((_, i) => labels[i] === label)
    const mean = [0, 1].map((k) => members.reduce((sum, point) => sum + point[k]!, 0) / members.length)
    return total + members.reduce((sum, point) => sum + point.reduce((s, x, k) => s + (x - mean[k]!) ** 2, 0), 0)
  }, 0)
}

describe('twoMeans', () => {
  test('tells two groups, whatever their sizes', () => {
    const points = [
      [0, 0],
      [9, 9],
      [0, 1],
      [1, 0],
      [9, 8]
    ]

    expect([...twoMeans(squared(points), 5)]).toEqual([0, 1, 0, 0, 1])
  })

  test('moves on from its start: a point nearer to the far one at first changes sides', () => {
    // farthest are 0 and 10; 5.2 begins with 10, whose mean is then 7.6, and 4.8 and 5.2 are nearer to 0's side after
    const points = [
      [0, 0],
      [4, 0],
      [4.4, 0],
      [4.8, 0],
      [5.2, 0],
      [10, 0]
    ]

    expect([...twoMeans(squared(points), 6)]).toEqual([0, 0, 0, 0, 0, 1])
  })

  test('equal points are one group', () => {
    expect([
      ...twoMeans(
        squared([
          [1, 2],
          [1, 2],
          [1, 2]
        ]),
        3
      )
    ]).toEqual([0, 0, 0])
    expect([...twoMeans(squared([[1, 2]]), 1)]).toEqual([0])
  })

  test('ends where no single point is nearer to the other mean', () => {
    const point = fc.tuple(fc.integer({ min: -50, max: 50 }), fc.integer({ min: -50, max: 50 }))
    fc.assert(
      fc.property(fc.array(point, { minLength: 2, maxLength: 12 }), (points) => {
        const labels = twoMeans(squared(points), points.length)
        const ones = labels.reduce((sum, label) => sum + label, 0)
        if (points.every(([x, y]) => x === points[0]![0] && y === points[0]![1])) return expect(ones).toBe(0)

        expect(ones).toBeGreaterThan(0)
        expect(ones).toBeLessThan(points.length)
        const start = Array.from(points, (_, i) => i)
        const means = [0, 1].map((label) => {
          const members = start.filter((i) => labels[i] === label)
          return [0, 1].map((k) => members.reduce((sum, i) => sum + points[i]![k]!, 0) / members.length)
        })
        const to = (i: number, label: number): number =>
          Math.hypot(points[i]![0]! - means[label]![0]!, points[i]![1]! - means[label]![1]!)
        for (const i of start) expect(to(i, labels[i]!)).toBeLessThanOrEqual(to(i, 1 - labels[i]!) + 1e-9)

        return undefined
      })
    )
  })

  test('is the best split of small groups that stand apart', () => {
    const points = [
      [0, 0],
      [1, 2],
      [2, 1],
      [20, 20],
      [21, 22]
    ]
    const best = Math.min(
      ...Array.from({ length: 30 }, (_, k) =>
        inertia(
          points,
          Array.from({ length: 5 }, (_, i) => ((k + 1) >> i) & 1)
        )
      )
    )

    expect(inertia(points, twoMeans(squared(points), 5))).toBeCloseTo(best, 9)
  })
})

describe('silhouette', () => {
  test('of two pairs, by hand', () => {
    // a = 1 for all; b = 10.5, 9.5, 9.5, 10.5 less their own place: 9.5 and 10.5
    const expected = (2 * (1 - 1 / 9.5) + 2 * (1 - 1 / 10.5)) / 4

    expect(silhouette(distancesOf([[0], [1], [10], [11]]), 4, Uint8Array.of(0, 0, 1, 1))).toBeCloseTo(expected, 12)
  })

  test('counts a single one as 0, and is negative for a wrong split', () => {
    const distances = distancesOf([[0], [1], [10]])

    expect(silhouette(distances, 3, Uint8Array.of(0, 0, 1))).toBeCloseTo((1 - 1 / 10 + (1 - 1 / 9)) / 3, 12)
    expect(silhouette(distances, 3, Uint8Array.of(0, 1, 0))).toBeLessThan(0)
    expect(silhouette(distances, 3, Uint8Array.of(0, 0, 0))).toBe(0)
  })
})
