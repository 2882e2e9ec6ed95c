import { readFileSync } from 'node:fs'
import { CodedError } from '../interface/errors.ts'
import type { ColumnRule, VectorMath } from '../interface/vectors.ts'
import * as plain from './vector.ts'

const PAGE_BYTES = 65_536
const MAX_PAGES = 65_536 // 4 GiB, all that 32-bit addresses reach; reserved, not committed
const ALIGN_BYTES = 16
/** Most vectors one weighted sum takes: bounds the table of pointers at the bottom of the memory. */
export const MAX_SUMMANDS = 4096
const POINTERS_AT = 1024 // below lies nothing: address 0 stays unused
const WEIGHTS_AT = POINTERS_AT + 4 * MAX_SUMMANDS
const HEAP_AT = WEIGHTS_AT + 8 * MAX_SUMMANDS

interface Kernels {
  dot(a: number, b: number, length: number): number
  squaredDistance(a: number, b: number, length: number): number
  allFinite(a: number, length: number): number
  weightedSum(out: number, inputs: number, weights: number, count: number, length: number): void
}

interface Gap {
  at: number
  bytes: number
}

/**
 * Float32 vectors in one shared WebAssembly memory, and SIMD kernels over
 * them. A vector stays valid while the memory grows, and another thread
 * that is handed one sees the same bytes.
 *
 * Every operation also takes vectors that live elsewhere; it then runs the
 * plain TypeScript twin, with the same result to the last bit.
 */
export class VectorHeap implements VectorMath {
  readonly #memory: WebAssembly.Memory
  readonly #kernels: Kernels
  /** Growing gives the memory a new buffer object; vectors keep the one they were made on. */
  readonly #buffers = new WeakSet<ArrayBufferLike>()
  /** Free stretches in address order, never adjacent; the last one ends at the end of the memory. */
  #gaps: Gap[]
  readonly #taken = new Map<number, number>()

  constructor() {
    this.#memory = new WebAssembly.Memory({ initial: 1, maximum: MAX_PAGES, shared: true })
    const wasm = new WebAssembly.Module(readFileSync(new URL('./kernels/kernels.wasm', import.meta.url)))
    this.#kernels = new WebAssembly.Instance(wasm, { env: { memory: this.#memory } }).exports as unknown as Kernels
    this.#buffers.add(this.#memory.buffer)
    this.#gaps = [{ at: HEAP_AT, bytes: this.#memory.buffer.byteLength - HEAP_AT }]
  }

  /** Bytes of all vectors in use. */
  get usedBytes(): number {
    let sum = 0
    for (const bytes of this.#taken.values()) sum += bytes

    return sum
  }

  /**
   * A new vector of zeros. It is never collected: hand it back with {@link free}.
   * @throws {CodedError} ERR_MEMORY_EXHAUSTED when 4 GiB are in use
   */
  allocate(length: number): Float32Array {
    const bytes = Math.max(ALIGN_BYTES, Math.ceil((length * 4) / ALIGN_BYTES) * ALIGN_BYTES)
    const gap = this.#gaps.find((candidate) => candidate.bytes >= bytes) ?? this.#grow(bytes)
    const at = gap.at
    gap.at += bytes
    gap.bytes -= bytes
    if (gap.bytes === 0) this.#gaps.splice(this.#gaps.indexOf(gap), 1)
    this.#taken.set(at, bytes)

    return new Float32Array(this.#memory.buffer, at, length).fill(0)
  }

  /** Gives a vector back. Using it afterwards is an error that nothing catches. */
  free(vector: Float32Array): void {
    const bytes = this.#holds(vector) ? this.#taken.get(vector.byteOffset) : undefined
    if (bytes === undefined) throw new RangeError('not a vector of this heap, or freed before')

    this.#taken.delete(vector.byteOffset)
    this.#gaps.push({ at: vector.byteOffset, bytes })
    this.#gaps = joinGaps(this.#gaps)
  }

  /** See {@link plain.dot}. */
  dot(a: Float32Array, b: Float32Array): number {
    checkLengths(a, b)
    if (!this.#holds(a) || !this.#holds(b)) return plain.dot(a, b)

    return this.#kernels.dot(a.byteOffset, b.byteOffset, a.length)
  }

  /** See {@link plain.squaredDistance}. */
  squaredDistance(a: Float32Array, b: Float32Array): number {
    checkLengths(a, b)
    if (!this.#holds(a) || !this.#holds(b)) return plain.squaredDistance(a, b)

    return this.#kernels.squaredDistance(a.byteOffset, b.byteOffset, a.length)
  }

  /** See {@link plain.allFinite}. */
  allFinite(a: Float32Array): boolean {
    return this.#holds(a) ? this.#kernels.allFinite(a.byteOffset, a.length) === 1 : plain.allFinite(a)
  }

  /** See {@link plain.weightedSumInto}. */
  weightedSumInto(out: Float32Array, inputs: readonly Float32Array[], weights: readonly number[] | Float64Array): void {
    if (inputs.length !== weights.length) throw new RangeError(`${inputs.length} vectors, ${weights.length} weights`)
    for (const input of inputs) checkLengths(out, input)

    const simd = inputs.length <= MAX_SUMMANDS && this.#holds(out) && inputs.every((input) => this.#holds(input))
    if (!simd) {
      plain.weightedSumInto(out, inputs, weights)
      return
    }

    new Uint32Array(this.#memory.buffer, POINTERS_AT, inputs.length).set(inputs.map((input) => input.byteOffset))
    new Float64Array(this.#memory.buffer, WEIGHTS_AT, inputs.length).set(weights)
    this.#kernels.weightedSum(out.byteOffset, POINTERS_AT, WEIGHTS_AT, inputs.length, out.length)
  }

  /** See {@link plain.weightedSumsInto}. */
  weightedSumsInto(
    outs: readonly Float32Array[],
    inputs: readonly Float32Array[],
    coefficients: readonly number[] | Float64Array
  ): void {
    plain.weightedSumsInto(outs, inputs, coefficients)
  }

  /** See {@link plain.gramInto}. */
  gramInto(out: Float64Array, inputs: readonly Float32Array[], reference: Float32Array): void {
    plain.gramInto(out, inputs, reference)
  }

  /** See {@link plain.columnsInto}. */
  columnsInto(out: Float32Array, inputs: readonly Float32Array[], rule: ColumnRule): void {
    plain.columnsInto(out, inputs, rule)
  }

  #holds(vector: Float32Array): boolean {
    return this.#buffers.has(vector.buffer)
  }

  #grow(bytes: number): Gap {
    const end = this.#memory.buffer.byteLength
    let gap = this.#gaps.at(-1)
    if (gap === undefined || gap.at + gap.bytes !== end) {
      gap = { at: end, bytes: 0 }
      this.#gaps.push(gap)
    }
    const pages = Math.ceil((bytes - gap.bytes) / PAGE_BYTES)
    try {
      this.#memory.grow(pages)
    } catch (cause) {
      if (gap.bytes === 0) this.#gaps.pop()
      throw new CodedError('ERR_MEMORY_EXHAUSTED', 'no room for another model in 4 GiB', { bytes }, { cause })
    }
    this.#buffers.add(this.#memory.buffer)
    gap.bytes += pages * PAGE_BYTES

    return gap
  }
}

function checkLengths(a: Float32Array, b: Float32Array): void {
  if (a.length !== b.length) throw new RangeError(`vectors of different lengths, ${a.length} and ${b.length}`)
}

function joinGaps(gaps: readonly Gap[]): Gap[] {
  const joined: Gap[] = []
  for (const gap of [...gaps].sort((a, b) => a.at - b.at)) {
    const last = joined.at(-1)
    if (last !== undefined && last.at + last.bytes === gap.at) last.bytes += gap.bytes
    else joined.push({ ...gap })
  }

  return joined
}
