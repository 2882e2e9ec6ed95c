import { VectorHeap } from '../../src/math/vector-heap.ts'

/** The real vectors and kernels, but what was given back is NaN at once. */
export class PoisonedHeap extends VectorHeap {
  readonly #lent = new Set<Float32Array>()
  #lentBytes = 0

  /** Of vectors that were not given back; asked after every event. */
  override get usedBytes(): number {
    return this.#lentBytes
  }

  override allocate(length: number): Float32Array {
    const vector = super.allocate(length)
    this.#lent.add(vector)
    this.#lentBytes += vector.byteLength

    return vector
  }

  override free(vector: Float32Array): void {
    if (this.#lent.delete(vector)) this.#lentBytes -= vector.byteLength
    vector.fill(Number.NaN)
    super.free(vector)
  }

  /** Gives back what a run that was broken off has left. */
  freeAll(): void {
    for (const vector of this.#lent) this.free(vector)
  }
}
