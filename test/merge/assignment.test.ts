import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createRng } from '../../src/math/philox.ts'
import { AssignmentSolver, assign } from '../../src/merge/assignment.ts'

const costOf = (costs: Float64Array, columns: ArrayLike<number>): number =>
  Array.from(columns).reduce((sum, column, row) => sum + costs[row * columns.length + column]!, 0)

/** Least cost over all permutations. */
function bruteForce(costs: Float64Array, size: number, row = 0, used = 0): number {
  if (row === size) return 0
  let least = Infinity
  for (let column = 0; column < size; column++) {
    if ((used >> column) & 1) continue
    const rest = bruteForce(costs, size, row + 1, used | (1 << column))
    least = Math.min(least, costs[row * size + column]! + rest)
  }

  return least
}

/** Whole numbers of a small range give ties, and exact sums. */
const anyCost = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.integer({ min: -1e9, max: 1e9 }))
const anyCosts = fc
  .integer({ min: 1, max: 7 })
  .chain((size) => fc.array(anyCost, { minLength: size * size, maxLength: size * size }))

test('nothing is cheaper, ties or not', () => {
  fc.assert(
    fc.property(anyCosts, (values) => {
      const size = Math.sqrt(values.length)
      const costs = Float64Array.from(values)
      const columns = assign(costs, size)
      expect([...columns].sort()).toEqual(Array.from({ length: size }, (_, i) => i))
      expect(costOf(costs, columns)).toBe(bruteForce(costs, size))
    }),
    { numRuns: 300 }
  )
})

test('rounded costs: as cheap as the best, to rounding', () => {
  const rng = createRng(1, 'costs')
  for (let run = 0; run < 50; run++) {
    const costs = new Float64Array(49).map(() => rng.normal())
    expect(costOf(costs, assign(costs, 7))).toBeCloseTo(bruteForce(costs, 7), 12)
  }
})

describe('large ones', () => {
  test('a hidden permutation among 300 is found', () => {
    const rng = createRng(2, 'hidden')
    const hidden = rng.shuffle(Array.from({ length: 300 }, (_, i) => i))
    const costs = new Float64Array(90_000).map(() => rng.uniform())
    for (const [row, column] of hidden.entries()) costs[row * 300 + column] = -1
    expect([...assign(costs, 300)]).toEqual(hidden)
  })

  test('the dual bound: sums of uniform costs are near pi^2 / 6', () => {
    // the expected least sum is 1 + 1/4 + 1/9 + ... (Aldous 2001); its spread at this size is below 0.1
    const rng = createRng(3, 'uniform')
    const costs = new Float64Array(400 * 400).map(() => -Math.log(1 - rng.uniform()))
    expect(costOf(costs, assign(costs, 400))).toBeCloseTo(Math.PI ** 2 / 6, 0)
  })
})

test.each([0, 1, 7])('where all costs are the same (%d), everyone stays', (cost) => {
  expect([...assign(new Float64Array(16).fill(cost), 4)]).toEqual([0, 1, 2, 3])
})

test('none, one, and a wrong number of costs', () => {
  expect(assign(new Float64Array(0), 0)).toHaveLength(0)
  expect([...assign(Float64Array.of(5), 1)]).toEqual([0])
  expect(() => assign(new Float64Array(3), 2)).toThrow(RangeError)
})

test('one problem after another: each as if it were the first', () => {
  const rng = createRng(4, 'series')
  const solver = new AssignmentSolver(6)
  const costs = new Float64Array(36).map(() => rng.normal())
  for (let problem = 0; problem < 200; problem++) {
    // mostly a little different, now and then on another scale
    for (let change = 0; change < 4; change++) costs[rng.below(36)] = rng.normal() * 1000 ** rng.below(2)
    expect(costOf(costs, solver.solve(costs))).toBeCloseTo(bruteForce(costs, 6), 9)
    if (rng.below(10) === 0) solver.reset()
  }
})
