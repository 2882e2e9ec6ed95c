import type { LearnerState, StateVector } from '../interface/rest.ts'

/** Vectors begin where every kind of them may. */
const ALIGN_BYTES = 4

/**
 * A copy of a learner's state that stays as it is while the learner goes on: one piece of memory, used again each time.
 */
export class Staging {
  #memory = new ArrayBuffer(0)

  /** Good until the next call. Cost: a pass over the vectors. */
  copy({ vectors, ...rest }: LearnerState): LearnerState {
    const entries = Object.entries(vectors)
    const bytes = entries.reduce((sum, [, { byteLength }]) => sum + aligned(byteLength), 0)
    if (bytes > this.#memory.byteLength) this.#memory = new ArrayBuffer(bytes)
    let at = 0
    const copies = entries.map(([name, vector]) => {
      const copy = copyTo(this.#memory, at, vector)
      at += aligned(vector.byteLength)

      return [name, copy] as const
    })

    return { ...rest, vectors: Object.fromEntries(copies) }
  }
}

function copyTo(memory: ArrayBuffer, at: number, vector: StateVector): StateVector {
  new Uint8Array(memory, at, vector.byteLength).set(new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength))
  if (vector instanceof Float32Array) return new Float32Array(memory, at, vector.length)

  return vector instanceof Int32Array
    ? new Int32Array(memory, at, vector.length)
    : new Uint8Array(memory, at, vector.length)
}

function aligned(bytes: number): number {
  return Math.ceil(bytes / ALIGN_BYTES) * ALIGN_BYTES
}
