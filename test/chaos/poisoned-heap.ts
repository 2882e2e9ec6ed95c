import { VectorHeap } from '../../src/math/vector-heap.ts'

/** The real vectors and kernels, but what was given back is NaN at once. */
export class PoisonedHeap extends VectorHeap {
  /** By where they begin: integers and floats are views of the same memory. */
  readonly #lent = new Map<number, Float32Array>()
  #lentBytes = 0

  /** Of vectors that were not given back; asked after every event. */
  override get usedBytes(): number {
    return this.#lentBytes
  }

  override allocate(length: number): Float32Array {
    const vector = super.allocate(length)
    this.#lent.set(vector.byteOffset, vector)
    this.#lentBytes += vector.byteLength

    return vector
  }

  override free(vector: Float32Array | Int32Array): void {
    const floats = this.#lent.get(vector.byteOffset)
    if (this.#lent.delete(vector.byteOffset)) this.#lentBytes -= vector.byteLength
    floats?.fill(Number.NaN)
    super.free(vector)
  }

  /** Gives back what a run that was broken off has left. */
  freeAll(): void {
    for (const vector of this.#lent.values()) this.free(vector)
  }
}
