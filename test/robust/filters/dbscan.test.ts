import { describe, expect, test } from 'vitest'
import { dbscan, NOISE, typicalReach } from '../../../src/robust/filters/dbscan.ts'
import { distancesOf } from './distances.ts'

const line = (...xs: number[]) => distancesOf(xs.map((x) => [x]))

describe('dbscan', () => {
  test('finds two clusters and what is in neither', () => {
    const labels = dbscan(line(0, 1, 2, 10, 11, 12, 50), 7, { eps: 1, minPts: 2 })

    expect([...labels]).toEqual([0, 0, 0, 1, 1, 1, NOISE])
  })

  test('a chain of cores is one cluster, whatever its length', () => {
    expect([...dbscan(line(0, 1, 2, 3, 4, 5), 6, { eps: 1, minPts: 3 })]).toEqual([0, 0, 0, 0, 0, 0])
  })

  test('a border point joins, but leads no further', () => {
    // 0, 1, 2 lie within 2 of each other; 3.5 is near 2 only, 5 near 3.5 only
    expect([...dbscan(line(0, 1, 2, 3.5, 5), 5, { eps: 2, minPts: 3 })]).toEqual([0, 0, 0, 0, 0])
    expect([...dbscan(line(0, 1, 2, 3.5, 5.5), 5, { eps: 2, minPts: 4 })]).toEqual([0, 0, 0, 0, NOISE])
  })

  test('a border point between two clusters belongs to the first', () => {
    expect([...dbscan(line(0, 1, 2, 4, 6, 7, 8), 7, { eps: 2, minPts: 4 })]).toEqual([0, 0, 0, 0, 1, 1, 1])
  })

  test('eps itself is near enough; with fewer than minPts all is noise', () => {
    expect([...dbscan(line(0, 3), 2, { eps: 3, minPts: 2 })]).toEqual([0, 0])
    expect([...dbscan(line(0, 3), 2, { eps: 2.99, minPts: 2 })]).toEqual([NOISE, NOISE])
    expect([...dbscan(line(0, 0), 2, { eps: 1, minPts: 3 })]).toEqual([NOISE, NOISE])
  })
})

describe('typicalReach', () => {
  test('is the median distance to the minPts-th nearest', () => {
    // to the third nearest, itself counted: 2, 1, 2, 6, 90
    expect(typicalReach(line(0, 1, 2, 8, 98), 5, 3)).toBe(2)
  })

  test('clones in the minority do not set it', () => {
    // two at one place have reach 0 for minPts 2, the others 1
    expect(typicalReach(line(50, 50, 0, 1, 2), 5, 2)).toBe(1)
  })
})
