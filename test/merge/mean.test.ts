import { expect, test } from 'vitest'
import { VectorHeap } from '../../src/math/vector-heap.ts'
import { MAX_WEIGHT_RATIO, mergeMean, mixingWeights } from '../../src/merge/mean.ts'

const vectors = new VectorHeap()
const update = (examples: number, ...values: number[]) => ({
  peer: 'p',
  round: 1,
  examples,
  params: Float32Array.from(values)
})

test('the mean is weighted by examples', () => {
  // unweighted it would be [2, 2]
  const params = Float32Array.of(0, 6)
  mergeMean({ params, examples: 100, updates: [update(300, 4, 0), update(100, 2, 0)], vectors })
  expect([...params]).toEqual([(300 * 4 + 100 * 2) / 500, (100 * 6) / 500].map(Math.fround))
})

test('without updates nothing changes', () => {
  const params = Float32Array.of(1, 2, 3)
  mergeMean({ params, examples: 5, updates: [], vectors })
  expect([...params]).toEqual([1, 2, 3])
})

test('a boast is bounded, and nobody counts for nothing', () => {
  const [own, boaster, empty] = mixingWeights(100, [{ examples: 4_000_000_000 }, { examples: 0 }])
  expect(boaster! / own!).toBe(MAX_WEIGHT_RATIO)
  expect(own! + boaster! + empty!).toBeCloseTo(1, 12)
  expect(empty).toBeGreaterThan(0)
})
