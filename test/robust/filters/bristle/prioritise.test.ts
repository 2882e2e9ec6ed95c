import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createRng } from '../../../../src/math/philox.ts'
import { prioritise } from '../../../../src/robust/filters/bristle/prioritise.ts'

const options = { count: 10, exploration: 0.4 }

test('of thirty it takes 4 near, 5 medium and 2 far ones', () => {
  // far ones first, so that places are not distances
  const distances = Array.from({ length: 30 }, (_, i) => 30 - i)
  const chosen = prioritise(distances, options, createRng(1, 'x')).map((i) => distances[i]!)

  expect(chosen.filter((d) => d <= 10)).toHaveLength(4)
  expect(chosen.filter((d) => d > 10 && d <= 20)).toHaveLength(5)
  expect(chosen.filter((d) => d > 20)).toHaveLength(2)
})

test('all, when there are no more than it may test', () => {
  expect(prioritise([3, 1, 2], options, createRng(1, 'x'))).toEqual([0, 1, 2])
  expect(prioritise([], options, createRng(1, 'x'))).toEqual([])
})

test('without exploration only near ones; with nothing else only far ones', () => {
  const distances = Array.from({ length: 12 }, (_, i) => i)

  expect(prioritise(distances, { count: 4, exploration: 0 }, createRng(1, 'x'))).toEqual([0, 1, 2, 3])
  expect(prioritise(distances, { count: 4, exploration: 1 }, createRng(1, 'x'))).toEqual([8, 9, 10, 11])
})

test('chance decides within a third: each far one has its turn', () => {
  const distances = Array.from({ length: 30 }, (_, i) => i)
  const rng = createRng(7, 'x')
  const seen = new Set(Array.from({ length: 60 }, () => prioritise(distances, options, rng)).flat())

  expect(seen.size).toBe(30)
})

test('indices are different, ascending, and about as many as asked for', () => {
  const scenario = fc.tuple(
    fc.array(fc.nat(9), { maxLength: 40 }),
    fc.integer({ min: 1, max: 12 }),
    fc.double({ min: 0, max: 1, noNaN: true })
  )
  fc.assert(
    fc.property(scenario, ([distances, count, exploration]) => {
      const chosen = prioritise(distances, { count, exploration }, createRng(3, 'x'))
      expect(chosen).toEqual([...new Set(chosen)].sort((a, b) => a - b))
      expect(chosen.every((i) => i >= 0 && i < distances.length)).toBe(true)
      expect(chosen.length).toBeLessThanOrEqual(count + 1)
    })
  )
})
