/**
 * Times what robust rules are made of against copying the same vectors once, all in turn, many times, in one thread.
 * Each figure is the least time over the least time of the copy: other work on the machine only ever adds.
 *
 * `npm run bench -- robust [--n N] [--dim N] [--rounds N]`
 */
import { parseArgs } from 'node:util'
import type { ColumnRule } from '../../src/interface/vectors.ts'
import { createRng } from '../../src/math/philox.ts'
import { VectorHeap } from '../../src/math/vector-heap.ts'

interface Case {
  readonly label: string
  /** Times of a copy, at most, with 20 vectors of a million; what the rules that use it have room for. */
  readonly target: number
  run(): void
}

interface Inputs {
  readonly heap: VectorHeap
  /** n vectors, shape (dim), on the heap. */
  readonly vectors: readonly Float32Array[]
}

function randomInputs(n: number, dim: number): Inputs {
  const rng = createRng(1, 'bench')
  const heap = new VectorHeap()
  const vectors = Array.from({ length: n }, () => heap.allocate(dim))
  for (const vector of vectors) for (let i = 0; i < dim; i++) vector[i] = rng.normal()

  return { heap, vectors }
}

/** The yardstick: into memory of its own, by what the C library has for it. */
function copyOf(vectors: readonly Float32Array[]): () => void {
  // not shared: such vectors copy fastest
  const sources = vectors.map((vector) => Float32Array.from(vector))
  const targets = sources.map((source) => new Float32Array(source))

  return () => {
    for (const [i, target] of targets.entries()) target.set(sources[i]!)
  }
}

function kernelCases({ heap, vectors }: Inputs): Case[] {
  const [n, dim] = [vectors.length, vectors[0]!.length]
  const out = heap.allocate(dim)
  const reference = heap.allocate(dim)
  const outs = vectors.map(() => heap.allocate(dim))
  const gram = new Float64Array(n * n)
  const weights = new Float64Array(n * n).fill(1 / n)
  const f = Math.floor((n - 1) / 5) // of 20, three are dropped at either end
  const columns = (rule: ColumnRule) => () => heap.columnsInto(out, vectors, rule)

  return [
    { label: 'one weighted sum', target: 2.5, run: () => heap.weightedSumInto(out, vectors, weights.subarray(0, n)) },
    {
      label: 'distances to one',
      target: 1.5,
      run: () => {
        for (const vector of vectors) heap.squaredDistance(vector, reference)
      }
    },
    { label: 'Gram matrix', target: 11, run: () => heap.gramInto(gram, vectors, reference) },
    { label: 'n weighted sums', target: 12, run: () => heap.weightedSumsInto(outs, vectors, weights) },
    { label: 'median', target: 13, run: columns({ kind: 'median' }) },
    { label: 'trimmed mean', target: 13, run: columns({ kind: 'trimmed-mean', trim: f }) },
    { label: 'near-median mean', target: 22, run: columns({ kind: 'near-median', keep: n - f }) }
  ]
}

/** Least milliseconds of each; a first round, not counted, warms up. */
function leastTimes(runs: readonly (() => void)[], rounds: number): number[] {
  const least = runs.map(() => Infinity)
  for (let round = 0; round <= rounds; round++) {
    for (const [i, run] of runs.entries()) {
      const start = performance.now()
      run()
      if (round > 0) least[i] = Math.min(least[i]!, performance.now() - start)
    }
  }

  return least
}

function row({ label, target }: Case, ms: number, copyMs: number): string {
  const copies = ms / copyMs
  const columns = [ms.toFixed(1).padStart(9), copies.toFixed(2).padStart(9), target.toFixed(1).padStart(9)]

  return `${label.padEnd(20)}${columns.join('')}  ${copies <= target ? 'met' : 'missed'}`
}

export function run(args: readonly string[]): void {
  const { values } = parseArgs({
    args: [...args],
    options: {
      n: { type: 'string', default: '20' },
      dim: { type: 'string', default: '1000000' },
      rounds: { type: 'string', default: '15' }
    }
  })
  const [n, dim, rounds] = [Number(values.n), Number(values.dim), Number(values.rounds)]
  const inputs = randomInputs(n, dim)
  const cases = kernelCases(inputs)
  const [copyMs, ...times] = leastTimes([copyOf(inputs.vectors), ...cases.map((entry) => entry.run)], rounds)

  console.log(`${n} vectors of ${dim}, one thread, least of ${rounds} rounds`)
  console.log(`${''.padEnd(20)}       ms   copies   target`)
  console.log(`${'copy'.padEnd(20)}${copyMs!.toFixed(1).padStart(9)}`)
  for (const [i, entry] of cases.entries()) console.log(row(entry, times[i]!, copyMs!))
}
