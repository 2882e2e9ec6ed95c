import { expect, test } from 'vitest'
import { VectorHeap } from '../../src/math/vector-heap.ts'
import { MAX_WEIGHT_RATIO, mixingWeights } from '../../src/merge/mean.ts'
import { createMerge } from '../../src/merge/registry.ts'
import { flatLayout } from './util.ts'

const vectors = new VectorHeap()
const meanOf = (dim: number) => createMerge({ policy: 'mean' }, { vectors, layout: flatLayout(dim) })
const update = (examples: number, ...values: number[]) => ({
  peer: 'p',
  round: 1,
  examples,
  params: Float32Array.from(values)
})

test('the mean is weighted by examples', () => {
  // unweighted it would be [2, 2]
  const params = Float32Array.of(0, 6)
  meanOf(2).mergeInto({ params, examples: 100, updates: [update(300, 4, 0), update(100, 2, 0)] })
  expect([...params]).toEqual([(300 * 4 + 100 * 2) / 500, (100 * 6) / 500].map(Math.fround))
})

test.each([1, 10, 1e6])(
  'without an own model peers share all, bounded by the median claim, not by %d own',
  (examples) => {
    const params = Float32Array.of(NaN, 7)
    const { weights } = meanOf(2).mergeInto({
      params,
      examples,
      hasOwn: false,
      updates: [update(1e9, 4, 0), update(50, 1, 3), update(10, 0, 0)]
    })
    expect(weights).toEqual([500 / 560, 50 / 560, 10 / 560].map((weight) => expect.closeTo(weight, 12)))
    expect([...params]).toEqual([2050 / 560, 150 / 560].map(Math.fround))
  }
)

test('without updates nothing changes', () => {
  const params = Float32Array.of(1, 2, 3)
  meanOf(3).mergeInto({ params, examples: 5, updates: [] })
  expect([...params]).toEqual([1, 2, 3])
})

test('a boast is bounded, and nobody counts for nothing', () => {
  const [own, boaster, empty] = mixingWeights(100, [{ examples: 4_000_000_000 }, { examples: 0 }])
  expect(boaster! / own!).toBe(MAX_WEIGHT_RATIO)
  expect(own! + boaster! + empty!).toBeCloseTo(1, 12)
  expect(empty).toBeGreaterThan(0)
})
