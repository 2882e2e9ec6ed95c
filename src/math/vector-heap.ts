import type { ColumnRule, VectorMath } from '../interface/vectors.ts'
import { columnsInto, windowOf } from './columns.ts'
import * as signs from './signs.ts'
import { MAX_INPUTS, Simd, TABLE_BYTES } from './simd.ts'
import * as plain from './vector.ts'
import { VectorMemory } from './vector-memory.ts'

/**
 * Float32 vectors in one shared WebAssembly memory, and SIMD kernels over
 * them. A vector stays valid while the memory grows, and another thread
 * that is handed one sees the same bytes.
 *
 * Every operation also takes vectors that live elsewhere; it then runs the
 * plain TypeScript twin, with the same result to the last bit. Those over
 * many vectors use some hundred KiB for a while, and throw
 * ERR_MEMORY_EXHAUSTED when there is no room.
 */
export class VectorHeap implements VectorMath, signs.SignMath {
  readonly #memory = new VectorMemory(TABLE_BYTES)
  readonly #simd = new Simd(this.#memory)

  /** Bytes of all vectors in use. */
  get usedBytes(): number {
    return this.#memory.usedBytes
  }

  /**
   * A new vector of zeros. It is never collected: hand it back with {@link free}.
   * @throws {CodedError} ERR_MEMORY_EXHAUSTED when 4 GiB are in use
   */
  allocate(length: number): Float32Array {
    return this.#memory.allocate(length).fill(0)
  }

  /**
   * New integers, all zero; else as {@link allocate}.
   * @throws {CodedError} ERR_MEMORY_EXHAUSTED when 4 GiB are in use
   */
  allocateIntegers(length: number): Int32Array {
    const { buffer, byteOffset } = this.allocate(length)

    return new Int32Array(buffer, byteOffset, length)
  }

  /** Gives a vector back. Using it afterwards is an error that nothing catches. */
  free(vector: Float32Array | Int32Array): void {
    this.#memory.free(vector)
  }

  /** See {@link plain.dot}. */
  dot(a: Float32Array, b: Float32Array): number {
    checkLengths(a, [b])

    return this.#holds([a, b]) ? this.#simd.dot(a, b) : plain.dot(a, b)
  }

  /** See {@link plain.squaredDistance}. */
  squaredDistance(a: Float32Array, b: Float32Array): number {
    checkLengths(a, [b])

    return this.#holds([a, b]) ? this.#simd.squaredDistance(a, b) : plain.squaredDistance(a, b)
  }

  /** See {@link plain.allFinite}. */
  allFinite(a: Float32Array): boolean {
    return this.#holds([a]) ? this.#simd.allFinite(a) : plain.allFinite(a)
  }

  /** See {@link plain.weightedSumInto}. */
  weightedSumInto(out: Float32Array, inputs: readonly Float32Array[], weights: readonly number[] | Float64Array): void {
    checkLengths(out, inputs)
    checkCount(weights, inputs.length)
    const twin = this.#holds([out, ...inputs]) ? this.#simd : plain
    twin.weightedSumInto(out, inputs, weights)
  }

  /** See {@link plain.weightedSumsInto}. */
  weightedSumsInto(
    outs: readonly Float32Array[],
    inputs: readonly Float32Array[],
    coefficients: readonly number[] | Float64Array
  ): void {
    const all = [...outs, ...inputs]
    if (all[0] !== undefined) checkLengths(all[0], all)
    checkCount(coefficients, outs.length * inputs.length)
    const twin = this.#holds(all) ? this.#simd : plain
    twin.weightedSumsInto(outs, inputs, coefficients)
  }

  /** See {@link plain.gramInto}. */
  gramInto(out: Float64Array, inputs: readonly Float32Array[], reference: Float32Array): void {
    checkLengths(reference, inputs)
    checkCount(out, inputs.length ** 2)
    const twin = this.#holds([reference, ...inputs]) ? this.#simd : plain
    twin.gramInto(out, inputs, reference)
  }

  /**
   * See {@link columnsInto}.
   * @throws {RangeError} when `rule` leaves no value
   */
  columnsInto(out: Float32Array, inputs: readonly Float32Array[], rule: ColumnRule): void {
    checkLengths(out, inputs)
    const window = windowOf(inputs.length, rule)
    if (this.#holds([out, ...inputs])) this.#simd.columnsInto(out, inputs, window)
    else columnsInto(out, inputs, rule)
  }

  /** See {@link signs.addSigns}. */
  addSigns(acc: Int32Array, { keys, coefficients }: signs.DirectionTerms, start = 0): void {
    checkCount(keys, 2 * coefficients.length)
    checkRange(start, acc.length)
    const twin = this.#memory.holds(acc) ? this.#simd : signs
    for (let k = 0; k < coefficients.length; k += MAX_INPUTS) {
      const end = k + MAX_INPUTS
      const terms = { keys: keys.subarray(2 * k, 2 * end), coefficients: coefficients.subarray(k, end) }
      twin.addSigns(acc, terms, start)
    }
  }

  /** See {@link signs.perturbInto}. */
  perturbInto(out: Float32Array, base: Float32Array, key: signs.DirectionKey, epsilon: number, start = 0): void {
    checkLengths(out, [base])
    checkRange(start, out.length)
    const twin = this.#holds([out, base]) ? this.#simd : signs
    twin.perturbInto(out, base, key, epsilon, start)
  }

  /** See {@link signs.perturbMovedInto}. */
  perturbMovedInto(
    out: Float32Array,
    weights: signs.MovedWeights,
    key: signs.DirectionKey,
    epsilon: number,
    start = 0
  ): void {
    checkLengths(out, [weights.base, weights.acc])
    checkRange(start, out.length)
    this.#signTwin(out, weights).perturbMovedInto(out, weights, key, epsilon, start)
  }

  /** See {@link signs.moveInto}. */
  moveInto(out: Float32Array, weights: signs.MovedWeights): void {
    checkLengths(out, [weights.base, weights.acc])
    this.#signTwin(out, weights).moveInto(out, weights)
  }

  #signTwin(out: Float32Array, { base, acc }: signs.MovedWeights): Simd | typeof signs {
    return this.#holds([out, base]) && this.#memory.holds(acc) ? this.#simd : signs
  }

  /** Whether the kernels can take these: all on this heap, and not too many. */
  #holds(vectors: readonly Float32Array[]): boolean {
    return vectors.length <= MAX_INPUTS && vectors.every((vector) => this.#memory.holds(vector))
  }
}

function checkLengths({ length }: Float32Array, others: readonly (Float32Array | Int32Array)[]): void {
  const odd = others.find((other) => other.length !== length)
  if (odd !== undefined) throw new RangeError(`vectors of different lengths, ${length} and ${odd.length}`)
}

function checkCount(numbers: ArrayLike<number>, expected: number): void {
  if (numbers.length !== expected) throw new RangeError(`${numbers.length} numbers, not ${expected}`)
}

/** The generator counts blocks of parameters in 30 bits and a kernel parameters in 32. */
function checkRange(start: number, length: number): void {
  if (!Number.isInteger(start) || start < 0 || start + length > 0xffff_ffff) {
    throw new RangeError(`parameters ${start} to before ${start + length} of a direction`)
  }
}
