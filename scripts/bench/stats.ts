import { performance } from 'node:perf_hooks'

/**
 * The middle value; the mean of the two middle ones of an even number.
 * @throws {RangeError} when there is none
 */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError('the median of no values')

  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle]!

  return sorted.length % 2 === 1 ? upper : (sorted[middle - 1]! + upper) / 2
}

export interface PairedTimes {
  /** Median time of one run, milliseconds. */
  aMs: number
  bMs: number
  /** Median over the pairs of a's time over b's: below 1, `a` is faster. */
  ratio: number
  pairs: number
}

export interface PairOptions {
  /** Pairs measured, after one that is not: the first run also warms up. */
  pairs: number
  /** For tests. @default performance.now */
  now?: () => number
}

type Run = () => unknown

async function timeOf(run: Run, now: () => number): Promise<number> {
  const startMs = now()
  await run()

  return now() - startMs
}

/**
 * Times two things in turn, a b, b a, a b, ...: whatever else slows the machine down for a while slows both, and
 * neither always goes first. Compare by `ratio`, which is of neighbours in time.
 */
export async function interleavedPairs(a: Run, b: Run, { pairs, now }: PairOptions): Promise<PairedTimes> {
  const clock = now ?? (() => performance.now())
  const times: { a: number; b: number }[] = []

  for (let i = 0; i <= pairs; i++) {
    const isAFirst = i % 2 === 0
    const first = await timeOf(isAFirst ? a : b, clock)
    const second = await timeOf(isAFirst ? b : a, clock)
    if (i > 0) times.push(isAFirst ? { a: first, b: second } : { a: second, b: first })
  }

  return {
    aMs: median(times.map((pair) => pair.a)),
    bMs: median(times.map((pair) => pair.b)),
    ratio: median(times.map((pair) => pair.a / pair.b)),
    pairs
  }
}
