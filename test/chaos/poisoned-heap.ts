import type { ColumnRule, VectorMath } from '../../src/interface/vectors.ts'
import { VectorHeap } from '../../src/math/vector-heap.ts'

/** The real vectors and kernels, but what was given back is NaN at once. */
export class PoisonedHeap implements VectorMath {
  readonly #heap = new VectorHeap()
  #usedBytes = 0
  readonly #lent = new Set<Float32Array>()

  /** Of vectors that were not given back. */
  get usedBytes(): number {
    return this.#usedBytes
  }

  allocate(length: number): Float32Array {
    const vector = this.#heap.allocate(length)
    this.#lent.add(vector)
    this.#usedBytes += vector.byteLength

    return vector
  }

  free(vector: Float32Array): void {
    vector.fill(Number.NaN)
    this.#heap.free(vector)
    this.#usedBytes -= vector.byteLength
    this.#lent.delete(vector)
  }

  /** Gives back what a run that was broken off has left. */
  freeAll(): void {
    for (const vector of this.#lent) this.free(vector)
  }

  dot(a: Float32Array, b: Float32Array): number {
    return this.#heap.dot(a, b)
  }

  squaredDistance(a: Float32Array, b: Float32Array): number {
    return this.#heap.squaredDistance(a, b)
  }

  allFinite(a: Float32Array): boolean {
    return this.#heap.allFinite(a)
  }

  weightedSumInto(out: Float32Array, inputs: readonly Float32Array[], weights: readonly number[] | Float64Array): void {
    this.#heap.weightedSumInto(out, inputs, weights)
  }

  weightedSumsInto(
    outs: readonly Float32Array[],
    inputs: readonly Float32Array[],
    coefficients: readonly number[] | Float64Array
  ): void {
    this.#heap.weightedSumsInto(outs, inputs, coefficients)
  }

  gramInto(out: Float64Array, inputs: readonly Float32Array[], reference: Float32Array): void {
    this.#heap.gramInto(out, inputs, reference)
  }

  columnsInto(out: Float32Array, inputs: readonly Float32Array[], rule: ColumnRule): void {
    this.#heap.columnsInto(out, inputs, rule)
  }
}
