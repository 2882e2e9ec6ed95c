import { spawnSync } from 'node:child_process'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as plain from '../../src/math/vector.ts'
import { VectorHeap } from '../../src/math/vector-heap.ts'

const float = fc.float({ noNaN: true, min: Math.fround(-1e6), max: Math.fround(1e6) })
const pair = fc
  .integer({ min: 0, max: 67 })
  .chain((length) =>
    fc.tuple(
      fc.array(float, { minLength: length, maxLength: length }),
      fc.array(float, { minLength: length, maxLength: length })
    )
  )

function onHeap(heap: VectorHeap, values: readonly number[]): Float32Array {
  const vector = heap.allocate(values.length)
  vector.set(values)
  return vector
}

describe('SIMD kernels equal their TypeScript twins to the last bit', () => {
  const heap = new VectorHeap()

  test('dot and squaredDistance', () => {
    fc.assert(
      fc.property(pair, ([x, y]) => {
        const [a, b] = [onHeap(heap, x), onHeap(heap, y)]
        expect(heap.dot(a, b)).toBe(plain.dot(a, b))
        expect(heap.squaredDistance(a, b)).toBe(plain.squaredDistance(a, b))
        heap.free(a)
        heap.free(b)
      })
    )
  })

  test('dot and squaredDistance are what their names say', () => {
    const [a, b] = [onHeap(heap, [1, 2, 3, 4, 5, 6, 7]), onHeap(heap, [2, -1, 0, 3, 1, 5, -2])]
    expect(heap.dot(a, b)).toBe(2 - 2 + 0 + 12 + 5 + 30 - 14)
    expect(heap.squaredDistance(a, b)).toBe(1 + 9 + 9 + 1 + 16 + 1 + 81)
  })

  test('weightedSumInto, also into one of its inputs', () => {
    fc.assert(
      fc.property(pair, fc.double({ min: -2, max: 2, noNaN: true }), ([x, y], weight) => {
        const [a, b] = [onHeap(heap, x), onHeap(heap, y)]
        const expected = new Float32Array(x.length)
        plain.weightedSumInto(expected, [Float32Array.from(x), Float32Array.from(y)], [weight, 1 - weight])
        heap.weightedSumInto(a, [a, b], [weight, 1 - weight])
        expect(a).toEqual(expected)
        heap.free(a)
        heap.free(b)
      })
    )
  })

  test.each([NaN, Infinity, -Infinity])('allFinite sees %d at every place', (bad) => {
    for (let at = 0; at < 11; at++) {
      const vector = heap.allocate(11)
      vector.fill(3.4e38)
      expect(heap.allFinite(vector)).toBe(true)
      vector[at] = bad
      expect(heap.allFinite(vector)).toBe(false)
      heap.free(vector)
    }
  })
})

describe('VectorHeap', () => {
  test('vectors stay valid and apart while the memory grows', () => {
    const heap = new VectorHeap()
    const vectors = Array.from({ length: 20 }, (_, i) => heap.allocate(10_000).fill(i))
    expect(vectors.map((vector) => vector.every((value) => value === vector[0]))).not.toContain(false)
    expect(vectors.map((vector) => vector[9_999])).toEqual(Array.from({ length: 20 }, (_, i) => i))
  })

  test('freed room is used again, and comes back as zeros', () => {
    const heap = new VectorHeap()
    const vectors = [heap.allocate(1000), heap.allocate(1000), heap.allocate(1000)] as const
    vectors[0].fill(7)
    vectors[1].fill(7)
    heap.free(vectors[0])
    heap.free(vectors[1])
    const larger = heap.allocate(2000)
    expect(larger.byteOffset).toBe(vectors[0].byteOffset)
    expect(larger.every((value) => value === 0)).toBe(true)
  })

  test('another heap that grows is no matter', () => {
    const [heap, other] = [new VectorHeap(), new VectorHeap()]
    const before = heap.allocate(8)
    other.allocate(1_000_000)
    const after = heap.allocate(8)
    heap.free(before)
    heap.free(after)
    expect(heap.usedBytes).toBe(0)
  })

  test('freeing twice, or a stranger, throws', () => {
    const heap = new VectorHeap()
    const vector = heap.allocate(8)
    heap.free(vector)
    expect(() => heap.free(vector)).toThrow(RangeError)
    expect(() => heap.free(new Float32Array(8))).toThrow(RangeError)
    expect(heap.usedBytes).toBe(0)
  })

  test('lengths that differ are refused', () => {
    const heap = new VectorHeap()
    expect(() => heap.dot(heap.allocate(4), heap.allocate(5))).toThrow(RangeError)
    expect(() => heap.weightedSumInto(heap.allocate(4), [heap.allocate(4)], [0.5, 0.5])).toThrow(RangeError)
  })
})

test('the committed WebAssembly file is what its source compiles to', () => {
  const check = spawnSync(process.execPath, ['scripts/build-kernels.ts', '--check'], { encoding: 'utf8' })
  expect(check.stdout).toContain('is current')
})
