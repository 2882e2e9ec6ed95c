import fc from 'fast-check'
import { afterEach, describe, expect, test } from 'vitest'
import { createRng } from '../../src/math/philox.ts'
import { VectorHeap } from '../../src/math/vector-heap.ts'
import { Accumulator, type Term } from '../../src/spsa/accumulator.ts'
import { MAX_MAGNITUDE_SUM } from '../../src/spsa/magnitude-sum.ts'
import { naiveHash, naiveState } from './naive-state.ts'

const heap = new VectorHeap()
const open: Accumulator[] = []

function accumulator(dim: number, scale = 2 ** -10): Accumulator {
  const made = new Accumulator(heap, { base: new Float32Array(dim).fill(0.5), scale })
  open.push(made)

  return made
}

afterEach(() => {
  for (const each of open.splice(0)) each.close()
  expect(heap.usedBytes).toBe(0)
})

const term = fc.record({
  key: fc.record({ key0: fc.nat(0xffff_ffff), key1: fc.nat(0xffff_ffff) }),
  coefficient: fc.integer({ min: -50_000, max: 50_000 })
})
const dims = [1, 2, 3, 4, 5, 127, 511, 512, 513, 1024, 1500]

/** The set in an order of its own, cut into groups of its own. */
function shuffledGroups(terms: readonly Term[], seed: number): Term[][] {
  const rng = createRng(seed, 'groups')
  const left = rng.shuffle([...terms])
  const groups: Term[][] = []
  while (left.length > 0) groups.push(left.splice(0, 1 + rng.below(9)))

  return groups
}

describe('a state', () => {
  test.each(dims)('of %i params equals a second implementation, written naively', (dim) => {
    const [terms] = fc.sample(fc.array(term, { minLength: 6, maxLength: 6 }), { numRuns: 1, seed: dim })
    const state = accumulator(dim)
    state.apply(terms!)

    expect(state.sha256()).toBe(naiveHash(naiveState(dim, terms!)))
    expect(state.sum).toBe(terms!.reduce((sum, { coefficient }) => sum + Math.abs(coefficient), 0))
  })

  test('is the same in any order and any grouping', () => {
    fc.assert(
      fc.property(fc.constantFrom(...dims), fc.array(term, { maxLength: 60 }), fc.nat(), (dim, terms, seed) => {
        const [a, b] = [accumulator(dim), accumulator(dim)]
        a.apply(terms)
        for (const group of shuffledGroups(terms, seed)) b.apply(group)
        expect(b.sha256()).toBe(a.sha256())
        expect(b.sum).toBe(a.sum)
      }),
      { numRuns: 40 }
    )
  })

  test('undoing some leaves what was without them, whatever else came meanwhile', () => {
    const terms = fc.array(term, { maxLength: 40 })
    fc.assert(
      fc.property(fc.constantFrom(...dims), terms, terms, terms, (dim, kept, undone, later) => {
        const [a, b] = [accumulator(dim), accumulator(dim)]
        a.apply([...kept, ...later])
        b.apply([...undone, ...kept])
        b.apply(later)
        b.undo(undone)
        expect(b.sha256()).toBe(a.sha256())
        expect(b.sum).toBe(a.sum)
      }),
      { numRuns: 40 }
    )
  })

  test('more projections than one batch', () => {
    const terms = Array.from({ length: 2500 }, (_, i) => ({ key: { key0: i, key1: 1 }, coefficient: (i % 201) - 100 }))
    const [a, b] = [accumulator(70), accumulator(70)]
    a.apply(terms)
    for (const each of terms) b.apply([each])
    expect(a.sha256()).toBe(b.sha256())
    expect(a.acc.some((value) => value !== 0)).toBe(true)
  })

  test('weights are base + scale * acc, perturbed ones an epsilon beside', () => {
    const key = { key0: 3, key1: 4 }
    const state = accumulator(600)
    state.apply([{ key: { key0: 1, key1: 2 }, coefficient: 5 }])
    const [weights, plus, minus] = [new Float32Array(600), new Float32Array(600), new Float32Array(600)]
    state.writeInto(weights)
    state.writePerturbedInto(plus, key, 2 ** -7)
    state.writePerturbedInto(minus, key, -(2 ** -7))

    expect([...new Set(weights)].sort()).toEqual([0.5 - 5 / 1024, 0.5 + 5 / 1024])
    expect(plus.map((value, i) => Math.abs(value - weights[i]!)).every((step) => step === 2 ** -7)).toBe(true)
    expect(plus.map((value, i) => value + minus[i]! - 2 * weights[i]!).every((sum) => sum === 0)).toBe(true)
  })
})

describe('the bound', () => {
  const key = { key0: 1, key1: 2 }
  const outOfRange = expect.objectContaining({ code: 'ERR_ACCUMULATOR_RANGE' })

  test('is reached without overflow, and not passed: nothing is written then', () => {
    const state = accumulator(600)
    state.apply([
      { key, coefficient: MAX_MAGNITUDE_SUM - 10 },
      { key, coefficient: 10 }
    ])
    expect(new Set(state.acc)).toEqual(new Set([MAX_MAGNITUDE_SUM, -MAX_MAGNITUDE_SUM]))

    const before = state.sha256()
    const refused = [
      { key, coefficient: 0 },
      { key, coefficient: -1 }
    ]
    expect(() => state.apply(refused)).toThrow(outOfRange)
    expect(state.sha256()).toBe(before)
    expect(state.sum).toBe(MAX_MAGNITUDE_SUM)
  })

  test('more can not be undone than was applied', () => {
    const state = accumulator(8)
    state.apply([{ key, coefficient: 3 }])
    expect(() => state.undo([{ key, coefficient: 4 }])).toThrow(outOfRange)
    state.undo([{ key, coefficient: 3 }])
    expect(state.acc.every((value) => value === 0)).toBe(true)
    expect(state.sum).toBe(0)
  })

  test.each([1.5, NaN, 2 ** 31, -(2 ** 31)])('a coefficient of %d is refused', (coefficient) => {
    const state = accumulator(8)
    expect(() => state.apply([{ key, coefficient }])).toThrow(RangeError)
    expect(state.sum).toBe(0)
  })
})

describe('save and load', () => {
  test('bring the same state back, and what is applied later is the same', () => {
    const [a, b] = [accumulator(513), accumulator(513)]
    const [first, second] = fc.sample(fc.array(term, { minLength: 3, maxLength: 9 }), { numRuns: 2, seed: 5 })
    a.apply(first!)
    const saved = a.save()
    a.apply(second!)
    b.load(saved)
    expect(saved.acc.buffer).not.toBe(a.acc.buffer)
    b.apply(second!)
    expect(b.sha256()).toBe(a.sha256())
    expect(b.sum).toBe(a.sum)
  })

  test.each([
    { id: 'another dim', state: { acc: Int32Array.of(1, 1, 1), sum: 1 } },
    { id: 'a sum beyond the magnitudes', state: { acc: Int32Array.of(1, -3), sum: 1 } },
    { id: 'a sum that is even where the other is odd', state: { acc: Int32Array.of(1, 2), sum: 3 } },
    { id: 'magnitudes that are no number', state: { acc: Int32Array.of(0, 0), sum: NaN } },
    { id: 'magnitudes below zero', state: { acc: Int32Array.of(0, 0), sum: -2 } }
  ])('$id is refused', ({ state }) => {
    const target = accumulator(2)
    target.apply([{ key: { key0: 1, key1: 1 }, coefficient: 7 }])
    expect(() => target.load(state)).toThrow(expect.objectContaining({ code: 'ERR_ACCUMULATOR_STATE' }))
    expect(target.sum).toBe(7)
  })

  test('magnitudes beyond the bound are refused', () => {
    const target = accumulator(2)
    expect(() => target.load({ acc: Int32Array.of(0, 0), sum: 2 ** 31 })).toThrow(
      expect.objectContaining({ code: 'ERR_ACCUMULATOR_RANGE' })
    )
  })
})
