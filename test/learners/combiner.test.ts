import { describe, expect, test } from 'vitest'
import { Combiner, type Fallback } from '../../src/learners/combiner.ts'
import { VectorHeap } from '../../src/math/vector-heap.ts'
import { createAggregator, parseAggregator } from '../../src/robust/registry.ts'

const vectors = new VectorHeap()

function vector(...values: number[]): Float32Array {
  const made = vectors.allocate(values.length)
  made.set(values)

  return made
}

function combinerWith(rule: string | undefined, fallback?: Fallback) {
  const fallbacks: unknown[] = []
  const combiner = new Combiner({
    vectors,
    ...(rule === undefined ? {} : { robust: createAggregator(parseAggregator(rule), { vectors }) }),
    ...(fallback === undefined ? {} : { fallback }),
    onFallback: (detail) => fallbacks.push(detail)
  })

  return { combiner, fallbacks }
}

describe('combiner', () => {
  test('without a rule: the weighted mean, in place', () => {
    const { combiner } = combinerWith(undefined)
    const own = vector(1, 2)
    expect(combiner.combineInto({ params: own, updates: [own, vector(5, 6)], weights: [0.75, 0.25], own: 0 })).toBe(
      true
    )
    expect([...own]).toEqual([2, 3])
  })

  test('with a rule: its result, whatever the weights', () => {
    const { combiner, fallbacks } = combinerWith('median')
    const own = vector(1, 1)
    combiner.combineInto({ params: own, updates: [own, vector(2, 3), vector(1e30, -1e30)], weights: [1, 0, 0], own: 0 })
    expect([...own]).toEqual([2, 1])
    expect(fallbacks).toEqual([])
  })

  test('too few updates: keeps the model and says so', () => {
    const { combiner, fallbacks } = combinerWith('trimmed-mean:f=1')
    const own = vector(1, 2)
    expect(combiner.combineInto({ params: own, updates: [own, vector(5, 6)], weights: [0.5, 0.5], own: 0 })).toBe(false)
    expect([...own]).toEqual([1, 2])
    expect(fallbacks).toEqual([{ have: 2, needed: 3, fallback: 'keep' }])
  })

  test('too few updates: or takes the mean, as the job says', () => {
    const { combiner, fallbacks } = combinerWith('trimmed-mean:f=1', 'mean')
    const own = vector(1, 2)
    expect(combiner.combineInto({ params: own, updates: [own, vector(5, 6)], weights: [0.5, 0.5], own: 0 })).toBe(true)
    expect([...own]).toEqual([3, 4])
    expect(fallbacks).toEqual([{ have: 2, needed: 3, fallback: 'mean' }])
  })

  test('rules that go by the own model are told which it is', () => {
    const { combiner } = combinerWith('monna:f=1')
    const own = vector(0, 0)
    combiner.combineInto({ params: own, updates: [own, vector(2, 2), vector(90, 90)], weights: [], own: 0 })
    expect([...own]).toEqual([1, 1])
  })
})
