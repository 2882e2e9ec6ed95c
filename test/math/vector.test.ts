import { describe, expect, test } from 'vitest'
import { createRng } from '../../src/math/philox.ts'
import * as plain from '../../src/math/vector.ts'
import { VectorHeap } from '../../src/math/vector-heap.ts'

function randomVectors(heap: VectorHeap, n: number, dim: number, fill: () => number): Float32Array[] {
  return Array.from({ length: n }, () => {
    const vector = heap.allocate(dim)
    for (let i = 0; i < dim; i++) vector[i] = fill()
    return vector
  })
}

/** Sum of a[i] * b[i] that loses next to nothing: Neumaier's compensation, products exact for float32 factors. */
function exactDot(a: readonly number[], b: readonly number[]): number {
  let sum = 0
  let lost = 0
  for (const [i, x] of a.entries()) {
    const term = x * b[i]!
    const next = sum + term
    lost += Math.abs(sum) >= Math.abs(term) ? sum - next + term : term - next + sum
    sum = next
  }

  return sum + lost
}

describe('gramInto', () => {
  const heap = new VectorHeap()

  test('is what its name says', () => {
    const inputs = [Float32Array.of(2, 3, 5), Float32Array.of(1, 1, 2)]
    const out = new Float64Array(4)
    plain.gramInto(out, inputs, Float32Array.of(1, 1, 1))
    expect([...out]).toEqual([1 + 4 + 16, 4, 4, 1])
  })

  test('is within the bound it states, for models far from zero and close to each other', () => {
    const [n, dim] = [7, 5001]
    const rng = createRng(3, 'test')
    // differences of a 2^-10th of the values, as multiples of 2^-20: exact in float32, and so are their products
    const inputs = randomVectors(heap, n, dim, () => 1 + rng.below(1024) * 2 ** -20)
    const reference = heap.allocate(dim).fill(1)
    const out = new Float64Array(n * n)
    heap.gramInto(out, inputs, reference)

    const differences = inputs.map((input) => [...input].map((x) => x - 1))
    const expected = differences.flatMap((a) => differences.map((b) => exactDot(a, b)))
    const bound = (dim / 2 + 4) * 2 ** -53
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) {
        const lengths = Math.sqrt(expected[i * n + i]! * expected[j * n + j]!)
        expect(Math.abs(out[i * n + j]! - expected[i * n + j]!)).toBeLessThanOrEqual(bound * lengths)
      }
    }
  })

  test('is finite for values whose squares float32 cannot hold', () => {
    const inputs = [heap.allocate(9).fill(3e38), heap.allocate(9).fill(-3e38)]
    const out = new Float64Array(4)
    heap.gramInto(out, inputs, inputs[0]!)
    expect(out.slice(0, 3)).toEqual(Float64Array.of(0, 0, 0))
    expect(out[3]! / (9 * 36e76)).toBeCloseTo(1, 6)
  })
})

describe('weighted sums', () => {
  const heap = new VectorHeap()

  // lengths around the kernel's blocks of 512 columns, and counts around its groups of four inputs
  test.each([1, 3, 4, 5, 8, 11])('one of %i inputs has the bits of its plain twin', (n) => {
    const rng = createRng(n, 'test')
    for (const dim of [1, 4, 511, 512, 513, 516, 1030]) {
      // large terms that cancel: any other order of additions shows
      const inputs = randomVectors(heap, n, dim, () => 1 + rng.below(3))
      const weights = Array.from({ length: n }, () => [1e17, -1e17, rng.normal()][rng.below(3)]!)
      const expected = new Float32Array(dim)
      plain.weightedSumInto(expected, inputs, weights)
      heap.weightedSumInto(inputs[n - 1]!, inputs, weights)
      expect(inputs[n - 1]).toEqual(expected)
      for (const input of inputs) heap.free(input)
    }
  })

  test('several at once are each what one is', () => {
    const rng = createRng(5, 'test')
    const [m, n, dim] = [6, 5, 133]
    const inputs = randomVectors(heap, n, dim, () => rng.normal())
    const outs = randomVectors(heap, m, dim, () => NaN)
    const coefficients = Float64Array.from({ length: m * n }, () => rng.normal())
    heap.weightedSumsInto(outs, inputs, coefficients)
    for (const [r, out] of outs.entries()) {
      const expected = heap.allocate(dim)
      heap.weightedSumInto(expected, inputs, coefficients.slice(r * n, (r + 1) * n))
      expect(out).toEqual(expected)
    }
  })
})

describe('VectorHeap refuses what does not fit', () => {
  const heap = new VectorHeap()
  const [three, four] = [heap.allocate(3), heap.allocate(4)]

  test.each<{ id: string; call: () => void }>([
    { id: 'sums of different lengths', call: () => heap.weightedSumsInto([three], [four], [1]) },
    { id: 'too few coefficients', call: () => heap.weightedSumsInto([three], [heap.allocate(3)], []) },
    { id: 'a reference of another length', call: () => heap.gramInto(new Float64Array(1), [three], four) },
    { id: 'too little room for products', call: () => heap.gramInto(new Float64Array(3), [three, three], three) },
    { id: 'columns of different lengths', call: () => heap.columnsInto(three, [four], { kind: 'median' }) },
    { id: 'columns of nothing', call: () => heap.columnsInto(three, [], { kind: 'median' }) }
  ])('$id', ({ call }) => {
    expect(call).toThrow(RangeError)
  })

  test('and hands its scratch areas back', () => {
    const before = heap.usedBytes
    heap.columnsInto(three, [three, three], { kind: 'median' })
    heap.gramInto(new Float64Array(1), [three], three)
    expect(heap.usedBytes).toBe(before)
  })
})
