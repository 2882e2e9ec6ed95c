/**
 * Times applying projections, one and a hundred at once, against copying twice the memory that the state has, and
 * against PyTorch drawing Gaussian directions and adding them. All in turn, in one thread each, many times, in the time
 * that the processor spent on that thread: so it matters little what else the machine does. Needs `python3-torch` for
 * that comparison.
 *
 * `npm run bench -- spsa [--dim N] [--rounds N]`
 */
import { parseArgs } from 'node:util'
import { createRng } from '../../src/math/philox.ts'
import { VectorHeap } from '../../src/math/vector-heap.ts'
import { Accumulator, type Term } from '../../src/spsa/accumulator.ts'
import { coefficients } from '../../src/spsa/coefficients.ts'
import { directionKey } from '../../src/spsa/perturbation.ts'
import { PyTorch } from './pytorch.ts'
import { median } from './stats.ts'

interface Case {
  readonly label: string
  readonly projections: number
  /** Times that it is run each round, an even number: some 0.2 s. */
  readonly repeats: number
  /** Copies that it may take; undefined where nothing is asked for. */
  readonly copies?: number
  /** Times as fast as PyTorch. */
  readonly speedup?: number
  run(): void
}

interface Times {
  /** Milliseconds, one for each round. */
  readonly ours: number[]
  readonly copies: number[]
  readonly pytorch: number[]
}

/** Copies before a case, and after it. */
const COPIES = 15
/** PyTorch takes so much longer. */
const PYTORCH_REPEATS = 10

/** Projections as a job of 16 nodes and 3,000 steps has them, all magnitudes alike. */
function terms(count: number): Term[] {
  const { of } = coefficients({
    range: { lo: 0.01, hi: 100 },
    learningRate: 1e-3,
    schedule: 'linear',
    floor: 0,
    horizon: 3000,
    queries: 1,
    nodes: 16,
    authors: 32
  })
  const rng = createRng(1, 'bench')
  const jobId = '00'.repeat(32)

  return Array.from({ length: count }, (_, step) => ({
    key: directionKey({ jobId, peer: 'bench', step, query: 0 }),
    coefficient: of(1 + rng.below(127) + 128 * rng.below(2), step)
  }))
}

function cases(dim: number): Case[] {
  const heap = new VectorHeap()
  const base = heap.allocate(dim)
  const out = heap.allocate(dim)
  const state = new Accumulator(heap, { base, scale: 2 ** -22 })
  const [one, hundred] = [terms(1), terms(100)]
  const key = one[0]!.key
  // undone every other time, which costs the same: the sum of magnitudes has a bound
  const alternately = (some: readonly Term[]) => () => (state.sum === 0 ? state.apply(some) : state.undo(some))

  return [
    { label: 'one projection', projections: 1, repeats: 80, copies: 0.5, speedup: 15, run: alternately(one) },
    { label: 'a hundred at once', projections: 100, repeats: 2, copies: 25, speedup: 30, run: alternately(hundred) },
    { label: 'weights', projections: 0, repeats: 80, run: () => state.writeInto(out) },
    { label: 'weights, perturbed', projections: 0, repeats: 80, run: () => state.writePerturbedInto(out, key, 1e-3) }
  ]
}

/** The yardstick: 8 bytes a parameter, by what the C library has for it. */
function copyOf(dim: number): () => void {
  const [from, to] = [new Float64Array(dim).fill(1), new Float64Array(dim).fill(2)]

  return () => to.set(from)
}

/** Milliseconds of the processor's time a run, over many in a row: the system may count in steps of 4 ms. */
function timeOf(run: () => void, repeats: number): number {
  const start = process.threadCpuUsage()
  for (let i = 0; i < repeats; i++) run()
  const { user, system } = process.threadCpuUsage(start)

  return (user + system) / 1000 / repeats
}

/** Rounds of neighbours in time: copies, the case, copies, PyTorch. */
async function measure(each: Case, copy: () => void, dim: number, rounds: number, pytorch?: PyTorch): Promise<Times> {
  const { run, projections, repeats } = each
  const times: Times = { ours: [], copies: [], pytorch: [] }
  timeOf(run, repeats) // the kernels are compiled for speed by then
  for (let round = 0; round < rounds; round++) {
    const before = timeOf(copy, COPIES)
    times.ours.push(timeOf(run, repeats))
    times.copies.push((before + timeOf(copy, COPIES)) / 2)
    if (pytorch === undefined || projections === 0) continue
    const count = Math.min(repeats, PYTORCH_REPEATS) * projections
    times.pytorch.push((await pytorch.time(String(dim), count)) * (projections / count))
  }

  return times
}

const ratio = (a: readonly number[], b: readonly number[]): number => median(a.map((ms, round) => ms / b[round]!))

function row({ label, copies, speedup }: Case, times: Times): string {
  const inCopies = ratio(times.ours, times.copies)
  const columns = [median(times.ours).toFixed(1).padStart(9), inCopies.toFixed(2).padStart(9)]
  if (copies !== undefined) columns.push(inCopies <= copies ? '  met   ' : '  missed', ` (${copies})`)
  if (speedup !== undefined && times.pytorch.length > 0) {
    const faster = ratio(times.pytorch, times.ours)
    columns.push(median(times.pytorch).toFixed(0).padStart(9), faster.toFixed(1).padStart(9))
    columns.push(faster >= speedup ? '  met   ' : '  missed', ` (${speedup})`)
  }

  return `${label.padEnd(20)}${columns.join('')}`
}

export async function run(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: { dim: { type: 'string', default: '10000000' }, rounds: { type: 'string', default: '5' } }
  })
  const [dim, rounds] = [Number(values.dim), Number(values.rounds)]
  const pytorch = await PyTorch.start('spsa-pytorch.py', 1)
  const copy = copyOf(dim)

  console.log(
    `${dim} parameters, one thread, medians of ${rounds} rounds, ms of processor time; in brackets what is asked for`
  )
  if (pytorch === undefined) console.log('PyTorch is not installed (apt-get install python3-torch): not compared')
  else console.log(`PyTorch ${pytorch.version}: as many Gaussian directions, drawn and added`)
  console.log(`${''.padEnd(20)}       ms   copies                 PyTorch   faster`)
  try {
    for (const each of cases(dim)) console.log(row(each, await measure(each, copy, dim, rounds, pytorch)))
  } finally {
    await pytorch?.stop()
  }
}
