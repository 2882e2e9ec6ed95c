import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ColumnRule } from '../../src/interface/vectors.ts'
import { columnsInto } from '../../src/math/columns.ts'
import * as plain from '../../src/math/vector.ts'
import { VectorHeap } from '../../src/math/vector-heap.ts'

// Finite; often ties and zeros of both signs, now and then so large or small that float32 would overflow on the way.
const value = fc.oneof(
  { weight: 3, arbitrary: fc.float({ noNaN: true, min: Math.fround(-1e6), max: Math.fround(1e6) }) },
  { weight: 2, arbitrary: fc.constantFrom(-2, -1, -0, 0, 1, 2) },
  { weight: 1, arbitrary: fc.constantFrom(-3.4e38, 3.4e38, -1e30, 1e30, 1e-45, -1e-45, 1e-20).map(Math.fround) }
)
/** Large ones cancel, so that any other order of additions shows. */
const weight = fc.oneof(fc.double({ min: -2, max: 2, noNaN: true }), fc.constantFrom(1e17, -1e17))

const arrayOf = <T>(arbitrary: fc.Arbitrary<T>, length: number) =>
  fc.array(arbitrary, { minLength: length, maxLength: length })

/** `n` vectors of one length, most often small, sometimes longer than the kernels' blocks. */
const vectors = (n: number) =>
  fc
    .oneof(
      { weight: 4, arbitrary: fc.integer({ min: 1, max: 37 }) },
      { weight: 1, arbitrary: fc.integer({ min: 120, max: 140 }) }
    )
    .chain((dim) => arrayOf(arrayOf(value, dim), n))
const count = fc.integer({ min: 1, max: 66 })

/** Runs `use` with the rows on `heap`, each at an offset of its own: vectors may be parts of others. */
function withVectors(
  heap: VectorHeap,
  rows: readonly (readonly number[])[],
  use: (vectors: Float32Array[]) => void
): void {
  const whole = rows.map((row) => heap.allocate(row.length + 4))
  const parts = rows.map((row, i) => {
    const part = whole[i]!.subarray(i % 4, (i % 4) + row.length)
    part.set(row)
    return part
  })
  use(parts)
  for (const vector of whole) heap.free(vector)
}

/** Tells -0 from 0. */
const bits = (vector: Float32Array): Uint32Array => new Uint32Array(Float32Array.from(vector).buffer)

describe('SIMD kernels over many vectors equal their TypeScript twins to the last bit', () => {
  const heap = new VectorHeap()

  test('gramInto', () => {
    fc.assert(
      fc.property(
        count.chain((n) => vectors(n + 1)),
        (rows) => {
          withVectors(heap, rows, ([reference, ...inputs]) => {
            const expected = new Float64Array(inputs.length ** 2)
            const actual = new Float64Array(inputs.length ** 2).fill(NaN)
            plain.gramInto(expected, inputs, reference!)
            heap.gramInto(actual, inputs, reference!)
            expect(new Uint32Array(actual.buffer)).toEqual(new Uint32Array(expected.buffer))
          })
        }
      )
    )
  })

  test('weightedSumsInto, writing nothing beside the outputs', () => {
    const cases = fc
      .tuple(fc.integer({ min: 1, max: 22 }), fc.integer({ min: 1, max: 9 }))
      .chain(([n, m]) => fc.tuple(vectors(n), arrayOf(weight, n * m)))
    fc.assert(
      fc.property(cases, ([rows, coefficients]) => {
        const [m, dim] = [coefficients.length / rows.length, rows[0]!.length]
        withVectors(heap, rows, (inputs) => {
          const expected = Array.from({ length: m }, () => new Float32Array(dim))
          const room = expected.map(() => heap.allocate(dim + 2).fill(7))
          const outs = room.map((vector) => vector.subarray(1, dim + 1))
          plain.weightedSumsInto(expected, inputs, coefficients)
          heap.weightedSumsInto(outs, inputs, coefficients)
          expect(outs.map(bits)).toEqual(expected.map(bits))
          expect(room.map((vector) => [vector[0], vector[dim + 1]])).toEqual(room.map(() => [7, 7]))
          for (const vector of room) heap.free(vector)
        })
      })
    )
  })

  const rules = (n: number): fc.Arbitrary<ColumnRule> =>
    fc.oneof(
      fc.constant<ColumnRule>({ kind: 'median' }),
      fc.integer({ min: 0, max: (n - 1) >> 1 }).map((trim): ColumnRule => ({ kind: 'trimmed-mean', trim })),
      fc.integer({ min: 1, max: n }).map((keep): ColumnRule => ({ kind: 'near-median', keep }))
    )

  test('columnsInto, also into one of the inputs and writing nothing beside it', () => {
    fc.assert(
      fc.property(
        count.chain((n) => fc.tuple(vectors(n), rules(n))),
        ([rows, rule]) => {
          withVectors(heap, rows, (inputs) => {
            const dim = inputs[0]!.length
            const expected = new Float32Array(dim)
            const room = heap.allocate(dim + 2).fill(7)
            columnsInto(expected, inputs, rule)
            heap.columnsInto(room.subarray(1, dim + 1), inputs, rule)
            expect(bits(room.subarray(1, dim + 1))).toEqual(bits(expected))
            expect([room[0], room[dim + 1]]).toEqual([7, 7])
            heap.columnsInto(inputs[0]!, inputs, rule)
            expect(bits(inputs[0]!)).toEqual(bits(expected))
            heap.free(room)
          })
        }
      ),
      { numRuns: 300 }
    )
  })
})
