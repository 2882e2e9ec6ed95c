import type { Window } from './columns.ts'
import { type Kernels, loadKernels } from './kernels/load.ts'
import type { DirectionKey, DirectionTerms, MovedWeights } from './signs.ts'
import { prunedNetwork } from './sorting-network.ts'
import type { VectorMemory } from './vector-memory.ts'

/** Most vectors a kernel takes: bounds the tables at the bottom of the memory. */
export const MAX_INPUTS = 4096
const POINTERS_AT = 1024 // below lies nothing: address 0 stays unused
const WEIGHTS_AT = POINTERS_AT + 4 * MAX_INPUTS
const SUMS_AT = WEIGHTS_AT + 8 * MAX_INPUTS
const SIGNS_AT = SUMS_AT + 4096
/** Bytes at the bottom of the memory that are in use here. */
export const TABLE_BYTES = SIGNS_AT + 10_272

/**
 * The operations of `vector.ts`, `columns.ts` and `signs.ts` by SIMD kernels. All vectors
 * lie in one {@link VectorMemory}, their lengths are equal, and there are at most
 * {@link MAX_INPUTS}: the caller has seen to that.
 */
export class Simd {
  readonly #memory: VectorMemory
  readonly #kernels: Kernels

  constructor(memory: VectorMemory) {
    this.#memory = memory
    this.#kernels = loadKernels(memory.memory)
  }

  dot(a: Float32Array, b: Float32Array): number {
    return this.#kernels.dot(a.byteOffset, b.byteOffset, a.length)
  }

  squaredDistance(a: Float32Array, b: Float32Array): number {
    return this.#kernels.squaredDistance(a.byteOffset, b.byteOffset, a.length)
  }

  allFinite(a: Float32Array): boolean {
    return this.#kernels.allFinite(a.byteOffset, a.length) === 1
  }

  weightedSumInto(out: Float32Array, inputs: readonly Float32Array[], weights: ArrayLike<number>): void {
    this.#doubles(WEIGHTS_AT, inputs.length).set(weights)
    const pointers = this.#pointersTo(inputs)
    this.#kernels.weightedSum(out.byteOffset, pointers, WEIGHTS_AT, inputs.length, SUMS_AT, out.length)
  }

  /** @throws {CodedError} ERR_MEMORY_EXHAUSTED without room for a block of columns */
  weightedSumsInto(
    outs: readonly Float32Array[],
    inputs: readonly Float32Array[],
    coefficients: ArrayLike<number>
  ): void {
    const [m, n] = [outs.length, inputs.length]
    const blockBytes = 512 * n
    const packedLength = 4 * Math.ceil(m / 4) * n
    this.#memory.withScratch(blockBytes + 8 * packedLength + 4 * m, (at) => {
      const packedAt = at + blockBytes
      const outsAt = packedAt + 8 * packedLength
      packInFours(this.#doubles(packedAt, packedLength), coefficients, n)
      this.#setPointers(outsAt, outs)
      this.#kernels.weightedSums(outsAt, m, this.#pointersTo(inputs), n, packedAt, at, outs[0]?.length ?? 0)
    })
  }

  /** @throws {CodedError} ERR_MEMORY_EXHAUSTED without room for a block of differences */
  gramInto(out: Float64Array, inputs: readonly Float32Array[], reference: Float32Array): void {
    const n = inputs.length
    const rows = (n + 3) & ~3
    const rowsBytes = rows * (16 * rows + 1024)
    this.#memory.withScratch(rowsBytes + 8 * n * n, (at) => {
      const outAt = at + rowsBytes
      this.#kernels.gram(outAt, this.#pointersTo(inputs), n, reference.byteOffset, at, reference.length)
      out.set(this.#doubles(outAt, n * n))
    })
  }

  /** @throws {CodedError} ERR_MEMORY_EXHAUSTED without room for a block of columns */
  columnsInto(out: Float32Array, inputs: readonly Float32Array[], { from, to, keep }: Window): void {
    const n = inputs.length
    const network = prunedNetwork(n, from, to)
    const blockBytes = 64 * n
    this.#memory.withScratch(blockBytes + network.byteLength, (at) => {
      const networkAt = at + blockBytes
      new Uint16Array(this.#memory.memory.buffer, networkAt, network.length).set(network)
      const pointers = this.#pointersTo(inputs)
      const count = network.length / 2
      if (keep === undefined) {
        this.#kernels.columnMeans(out.byteOffset, pointers, n, networkAt, count, from, to, at, out.length)
      } else {
        this.#kernels.columnNearMedians(out.byteOffset, pointers, n, networkAt, count, keep, at, out.length)
      }
    })
  }

  addSigns(acc: Int32Array, { keys, coefficients }: DirectionTerms, start: number): void {
    const { buffer } = this.#memory.memory
    const n = coefficients.length
    new Uint32Array(buffer, WEIGHTS_AT, 2 * n).set(keys)
    new Int32Array(buffer, POINTERS_AT, n).set(coefficients)
    this.#kernels.addSigns(acc.byteOffset, start, acc.length, WEIGHTS_AT, POINTERS_AT, n, SIGNS_AT)
  }

  perturbInto(out: Float32Array, base: Float32Array, key: DirectionKey, epsilon: number, start: number): void {
    this.#setKey(key)
    this.#kernels.perturb(out.byteOffset, base.byteOffset, start, out.length, WEIGHTS_AT, epsilon, SIGNS_AT)
  }

  perturbMovedInto(
    out: Float32Array,
    { base, acc, scale }: MovedWeights,
    key: DirectionKey,
    epsilon: number,
    start: number
  ): void {
    this.#setKey(key)
    const [outAt, baseAt, accAt] = [out.byteOffset, base.byteOffset, acc.byteOffset]
    this.#kernels.perturbMoved(outAt, baseAt, accAt, scale, start, out.length, WEIGHTS_AT, epsilon, SIGNS_AT)
  }

  moveInto(out: Float32Array, { base, acc, scale }: MovedWeights): void {
    this.#kernels.move(out.byteOffset, base.byteOffset, acc.byteOffset, scale, out.length)
  }

  #setKey({ key0, key1 }: DirectionKey): void {
    const words = new Uint32Array(this.#memory.memory.buffer, WEIGHTS_AT, 2)
    words[0] = key0
    words[1] = key1
  }

  #doubles(at: number, length: number): Float64Array {
    return new Float64Array(this.#memory.memory.buffer, at, length)
  }

  #pointersTo(inputs: readonly Float32Array[]): number {
    this.#setPointers(POINTERS_AT, inputs)

    return POINTERS_AT
  }

  #setPointers(at: number, vectors: readonly Float32Array[]): void {
    new Uint32Array(this.#memory.memory.buffer, at, vectors.length).set(vectors.map((vector) => vector.byteOffset))
  }
}

/** For every four rows of (m, n) coefficients: n times the four of one column; zeros where m is no multiple of four. */
function packInFours(packed: Float64Array, coefficients: ArrayLike<number>, n: number): void {
  packed.fill(0)
  for (let i = 0; i < coefficients.length; i++) {
    const row = Math.floor(i / n)
    const column = i % n
    packed[((row >> 2) * n + column) * 4 + (row & 3)] = coefficients[i]!
  }
}
