import { CodedError } from '../interface/errors.ts'

const PAGE_BYTES = 65_536
const MAX_PAGES = 65_535 // 4 GiB but for a page: the end of a vector is an address too; reserved, not committed
const ALIGN_BYTES = 16

interface Gap {
  at: number
  bytes: number
}

/**
 * Room for float32 vectors in one shared WebAssembly memory. A vector stays
 * valid while the memory grows, and another thread that is handed one sees
 * the same bytes.
 */
export class VectorMemory {
  readonly memory: WebAssembly.Memory
  /**
   * The memory has a new buffer object whenever any shared memory of this thread grows; vectors keep the one they were
   * made on.
   */
  readonly #buffers = new WeakSet<ArrayBufferLike>()
  /** Free stretches in address order, never adjacent; the last one ends at the end of the memory. */
  #gaps: Gap[]
  readonly #taken = new Map<number, number>()

  /** @param startBytes - kept free of vectors, at the bottom of the memory; less than a page */
  constructor(startBytes: number) {
    this.memory = new WebAssembly.Memory({ initial: 1, maximum: MAX_PAGES, shared: true })
    this.#gaps = [{ at: startBytes, bytes: this.memory.buffer.byteLength - startBytes }]
  }

  /** Bytes of all vectors in use. */
  get usedBytes(): number {
    let sum = 0
    for (const bytes of this.#taken.values()) sum += bytes

    return sum
  }

  /**
   * A vector of whatever was there before. It is never collected: hand it back with {@link free}.
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

    const { buffer } = this.memory
    this.#buffers.add(buffer)

    return new Float32Array(buffer, at, length)
  }

  /** Gives a vector back, or what was made of its bytes. Using it afterwards is an error that nothing catches. */
  free(vector: ArrayBufferView): void {
    const bytes = this.holds(vector) ? this.#taken.get(vector.byteOffset) : undefined
    if (bytes === undefined) throw new RangeError('not a vector of this heap, or freed before')

    this.#taken.delete(vector.byteOffset)
    this.#gaps.push({ at: vector.byteOffset, bytes })
    this.#gaps = joinGaps(this.#gaps)
  }

  holds(vector: ArrayBufferView): boolean {
    return this.#buffers.has(vector.buffer)
  }

  /**
   * Lends `bytes` bytes, at a multiple of 16, to `use`.
   * @throws {CodedError} ERR_MEMORY_EXHAUSTED
   */
  withScratch(bytes: number, use: (at: number) => void): void {
    const scratch = this.allocate(Math.ceil(bytes / 4))
    try {
      use(scratch.byteOffset)
    } finally {
      this.free(scratch)
    }
  }

  #grow(bytes: number): Gap {
    const end = this.memory.buffer.byteLength
    let gap = this.#gaps.at(-1)
    if (gap === undefined || gap.at + gap.bytes !== end) {
      gap = { at: end, bytes: 0 }
      this.#gaps.push(gap)
    }
    const pages = Math.ceil((bytes - gap.bytes) / PAGE_BYTES)
    try {
      this.memory.grow(pages)
    } catch (cause) {
      if (gap.bytes === 0) this.#gaps.pop()
      throw new CodedError('ERR_MEMORY_EXHAUSTED', 'no room for another model in 4 GiB', { bytes }, { cause })
    }
    gap.bytes += pages * PAGE_BYTES

    return gap
  }
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
