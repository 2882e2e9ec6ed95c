import { createRng } from '../../src/math/philox.ts'
import { VectorHeap } from '../../src/math/vector-heap.ts'

/** Something to time. */
export interface Case {
  readonly label: string
  /** Times of a copy of the inputs, at most, with 20 vectors of a million; undefined where nothing was promised. */
  readonly target: number | undefined
  run(): void
}

export interface Inputs {
  readonly heap: VectorHeap
  /** n vectors, shape (dim), on the heap. */
  readonly vectors: readonly Float32Array[]
  /** As many more, for what makes n of n; undefined content. */
  readonly outs: readonly Float32Array[]
}

export function randomInputs(n: number, dim: number): Inputs {
  const rng = createRng(1, 'bench')
  const heap = new VectorHeap()
  const vectors = Array.from({ length: n }, () => heap.allocate(dim))
  for (const vector of vectors) for (let i = 0; i < dim; i++) vector[i] = rng.normal()

  return { heap, vectors, outs: vectors.map(() => heap.allocate(dim)) }
}

/** The yardstick: into memory of its own, by what the C library has for it. */
export function copyOf(vectors: readonly Float32Array[]): () => void {
  // not shared: such vectors copy fastest
  const sources = vectors.map((vector) => Float32Array.from(vector))
  const targets = sources.map((source) => new Float32Array(source))

  return () => {
    for (const [i, target] of targets.entries()) target.set(sources[i]!)
  }
}
