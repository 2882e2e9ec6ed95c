import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { afterEach, describe, expect, test } from 'vitest'
import * as plain from '../../src/math/signs.ts'
import { VectorHeap } from '../../src/math/vector-heap.ts'

const uint32 = fc.integer({ min: 0, max: 0xffff_ffff })
const key = fc.record({ key0: uint32, key1: uint32 })
/** Ranges that begin and end anywhere in blocks of 512, some far out. */
const range = fc.record({
  start: fc.oneof(fc.nat(1200), fc.nat(2 ** 31)),
  length: fc.oneof(fc.nat(9), fc.nat(1700))
})
/** Byte by byte the sums of four have one to four bytes; the extremes of an int32 among them. */
const coefficient = fc.oneof(
  fc.integer({ min: -60, max: 60 }),
  fc.integer({ min: -5000, max: 5000 }),
  fc.integer({ min: -4_000_000, max: 4_000_000 }),
  fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })
)
const terms = fc.array(fc.tuple(key, coefficient), { maxLength: 300, size: 'max' }).map((pairs) => ({
  keys: Uint32Array.from(pairs.flatMap(([{ key0, key1 }]) => [key0, key1])),
  coefficients: Int32Array.from(pairs, ([, value]) => value)
}))
const float = fc.float({ noNaN: true, min: -8, max: 8 })
const scale = fc.integer({ min: -60, max: 10 }).map((exponent) => 2 ** exponent)

const heap = new VectorHeap()
const taken: (Float32Array | Int32Array)[] = []

/** The same content on the heap, at an address that is a multiple of 4 and not of 16, between two guards. */
function floats(values: ArrayLike<number>): Float32Array {
  const room = heap.allocate(values.length + 2).fill(7)
  taken.push(room)
  room.set(values, 1)

  return room.subarray(1, values.length + 1)
}

function integers(values: ArrayLike<number>): Int32Array {
  const room = heap.allocateIntegers(values.length + 2).fill(7)
  taken.push(room)
  room.set(values, 1)

  return room.subarray(1, values.length + 1)
}

function release(): void {
  for (const room of taken.splice(0)) {
    expect([room[0], room.at(-1)]).toEqual([7, 7])
    heap.free(room)
  }
}

afterEach(() => expect(heap.usedBytes).toBe(0))

const bits = (array: Float32Array): Int32Array => new Int32Array(Float32Array.from(array).buffer)
const repeat = (length: number, value: (i: number) => number): number[] => Array.from({ length }, (_, i) => value(i))

describe('SIMD kernels equal their TypeScript twins to the last bit', () => {
  test('addSigns: any number of directions, any range', () => {
    fc.assert(
      fc.property(range, terms, fc.integer(), ({ start, length }, sum, first) => {
        const before = Int32Array.from(repeat(length, (i) => Math.imul(first + i, 0x9e3779b1)))
        const [acc, expected] = [integers(before), before.slice()]
        plain.addSigns(expected, sum, start)
        heap.addSigns(acc, sum, start)
        expect(Int32Array.from(acc)).toEqual(expected)
        release()
      }),
      { numRuns: 60 }
    )
  })

  test('addSigns: more directions than the tables of the memory have room for', () => {
    const n = 4099
    const sum = {
      keys: Uint32Array.from(repeat(2 * n, (i) => Math.imul(i, 0x85eb_ca6b))),
      coefficients: Int32Array.from(repeat(n, (i) => i - 2000))
    }
    const [acc, expected] = [integers(new Int32Array(520)), new Int32Array(520)]
    plain.addSigns(expected, sum)
    heap.addSigns(acc, sum)
    expect(Int32Array.from(acc)).toEqual(expected)
    release()
  })

  test('perturbInto, also into its own base', () => {
    fc.assert(
      fc.property(range, key, float, float, ({ start, length }, direction, epsilon, first) => {
        const values = Float32Array.from(repeat(length, (i) => first + i / 3))
        const [base, out, expected] = [floats(values), floats(values), new Float32Array(length)]
        plain.perturbInto(expected, values, direction, epsilon, start)
        heap.perturbInto(out, base, direction, epsilon, start)
        heap.perturbInto(base, base, direction, epsilon, start)
        expect(bits(out)).toEqual(bits(expected))
        expect(bits(base)).toEqual(bits(expected))
        release()
      }),
      { numRuns: 60 }
    )
  })

  test('moveInto and perturbMovedInto', () => {
    fc.assert(
      fc.property(range, key, float, scale, fc.integer(), ({ start, length }, direction, epsilon, factor, first) => {
        const values = Float32Array.from(repeat(length, (i) => epsilon + i / 7))
        const sums = Int32Array.from(repeat(length, (i) => Math.imul(first + i, 0x9e3779b1)))
        const here = { base: values, acc: sums, scale: factor }
        const there = { base: floats(values), acc: integers(sums), scale: factor }
        const [out, expected] = [floats(values), new Float32Array(length)]
        plain.moveInto(expected, here)
        heap.moveInto(out, there)
        expect(bits(out)).toEqual(bits(expected))
        plain.perturbMovedInto(expected, here, direction, epsilon, start)
        heap.perturbMovedInto(out, there, direction, epsilon, start)
        expect(bits(out)).toEqual(bits(expected))
        release()
      }),
      { numRuns: 60 }
    )
  })
})

describe('signs', () => {
  test('a known direction: the file in the fixtures', () => {
    const golden: { key0: number; key1: number; start: number; signs: string }[] = JSON.parse(
      readFileSync(new URL('../fixtures/spsa-signs.json', import.meta.url), 'utf8')
    )
    expect(golden.length).toBeGreaterThan(2)
    for (const { key0, key1, start, signs } of golden) {
      const out = new Int8Array(signs.length)
      plain.signsInto(out, { key0, key1 }, start)
      expect(Array.from(out, (sign) => (sign === 1 ? '+' : '-')).join('')).toBe(signs)
    }
  })

  test('the layout of a block: known answers of Random123, word by word', () => {
    // kat_vectors: philox4x32 10, counter and key zero
    const words = [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]
    const out = new Int8Array(plain.SIGN_BLOCK)
    plain.signsInto(out, { key0: 0, key1: 0 })
    for (const [w, word] of words.entries()) {
      for (let b = 0; b < 32; b++) expect(out[128 * w + 4 * b]).toBe((word >>> (31 - b)) & 1 ? -1 : 1)
    }
  })

  test('any range is the same part of the whole', () => {
    fc.assert(
      fc.property(key, fc.nat(3000), fc.nat(200), (direction, start, length) => {
        const whole = new Int8Array(start + length)
        const part = new Int8Array(length)
        plain.signsInto(whole, direction)
        plain.signsInto(part, direction, start)
        expect(part).toEqual(whole.subarray(start))
      }),
      { numRuns: 40 }
    )
  })

  test('are balanced, and neighbours and other keys independent', () => {
    const dim = 200_000
    const [a, b] = [new Int8Array(dim), new Int8Array(dim)]
    plain.signsInto(a, { key0: 1, key1: 2 })
    plain.signsInto(b, { key0: 2, key1: 2 })
    const correlation = (x: Int8Array, y: Int8Array): number =>
      y.reduce((sum, sign, i) => sum + sign * x[i]!, 0) / Math.sqrt(y.length)
    const mean = a.reduce((sum, sign) => sum + sign, 0) / Math.sqrt(dim)

    // standard normal each
    expect(Math.abs(mean)).toBeLessThan(4)
    expect(Math.abs(correlation(a, b))).toBeLessThan(4)
    for (const lag of [1, 2, 3, 4, 32, 128, 512, 2048]) {
      expect(Math.abs(correlation(a, a.subarray(lag))), `lag ${lag}`).toBeLessThan(4)
    }
  })

  test.each([-1, 0.5, 2 ** 32 - 4])('a range from %d on is refused', (start) => {
    expect(() =>
      heap.addSigns(new Int32Array(8), { keys: new Uint32Array(2), coefficients: new Int32Array(1) }, start)
    ).toThrow(RangeError)
  })
})
