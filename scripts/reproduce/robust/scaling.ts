import { writeFileSync } from 'node:fs'
import { type Inputs, randomInputs } from '../../bench/robust-inputs.ts'
import { preAggregatorCase, ruleCase } from '../../bench/robust-rules.ts'
import { type ChartLine, renderChart } from '../chart.ts'
import type { Check, Part, PartOptions, PartResult } from '../result.ts'
import { mean } from '../statistics.ts'

const DIMS = [10_000, 31_623, 100_000, 316_228, 1_000_000]
const N = 20
const NS = [5, 10, 20, 40]
const DIM = 100_000
/** The clock of a thread's processor time may go in steps of 4 ms. */
const LEAST_MS = 200
const LEAST_TIMES = 3
const WARM_UPS = 3
/** Vectors that no longer fit the caches come at the speed of the memory. */
const MAX_DIM_EXPONENT = 1.15
/** For timing on a machine that others use. */
const SLACK = 0.15

/** How time may grow with n, as the exponent from one n to another. Subsets are left out: theirs grows as n over f. */
const COLUMN_RULES = ['median', 'trimmed-mean', 'meamed']
const PAIRWISE_RULES = ['krum', 'multi-krum', 'geometric-median', 'caf', 'flag']
const LINEAR_RULES = ['mean', 'monna', 'centered-clipping', 'self-centered-clipping']
const PRE_AGGREGATORS = ['nnm', 'arc']
const RULES = [...LINEAR_RULES, ...COLUMN_RULES, ...PAIRWISE_RULES, ...PRE_AGGREGATORS]
/** What the plots show: one of each kind. */
const PLOTTED = ['mean', 'median', 'krum']

interface Times {
  rule: string
  /** Milliseconds, in the order of the sizes. */
  ms: number[]
}

export const scaling: Part = {
  about: 'time of each rule against the length of the models and against their number',
  run: runScaling
}

async function runScaling({ quick, plots, log }: PartOptions): Promise<PartResult> {
  const dims = quick ? DIMS.slice(0, 3) : DIMS
  const ns = quick ? NS.slice(0, 3) : NS
  const byDim = timesOf(
    dims.map((dim) => ({ n: N, dim })),
    log
  )
  const byN = timesOf(
    ns.map((n) => ({ n, dim: DIM })),
    log
  )
  if (plots !== undefined) draw(plots, byDim, byN)

  return {
    tables: [
      growthTable(`ns a value, n = ${N}`, 'dim', byDim, dims, (dim) => N * dim),
      growthTable(`ns a value, dim = ${DIM}`, 'n', byN, ns, (n) => n * DIM)
    ],
    checks: quick ? [] : [...byDim.map((times) => dimCheck(times, dims)), ...byN.map((times) => nCheck(times, ns))]
  }
}

/** All rules at one size before the next: the memory of a size is given back. */
function timesOf(sizes: readonly { n: number; dim: number }[], log: PartOptions['log']): Times[] {
  const all: Times[] = RULES.map((rule) => ({ rule, ms: [] }))
  for (const { n, dim } of sizes) {
    const inputs = randomInputs(n, dim)
    for (const times of all) times.ms.push(meanMs(times.rule, inputs))
    log(`${n} vectors of ${dim}`)
  }

  return all
}

/** Of the thread's own processor time, which other work on the machine does not count into. */
function meanMs(rule: string, inputs: Inputs): number {
  const { run } = PRE_AGGREGATORS.includes(rule) ? preAggregatorCase(rule, inputs) : ruleCase(rule, inputs)
  for (let time = 0; time < WARM_UPS; time++) run()
  const before = process.threadCpuUsage()
  let spentMs = 0
  let times = 0
  while (spentMs < LEAST_MS || times < LEAST_TIMES) {
    run()
    times++
    const { user, system } = process.threadCpuUsage(before)
    spentMs = (user + system) / 1000
  }

  return spentMs / times
}

/** The slope of log y over log x, by least squares: time grows as size to the power of it. */
export function exponentOf(xs: readonly number[], ys: readonly number[]): number {
  const [lx, ly] = [xs.map(Math.log), ys.map(Math.log)]
  const [mx, my] = [mean(lx), mean(ly)]
  const covariance = lx.reduce((sum, x, i) => sum + (x - mx) * (ly[i]! - my), 0)

  return covariance / lx.reduce((sum, x) => sum + (x - mx) ** 2, 0)
}

function growthTable(
  what: string,
  size: 'n' | 'dim',
  all: readonly Times[],
  sizes: readonly number[],
  values: (size: number) => number
) {
  return {
    head: [what, ...sizes.map((each) => `${size} = ${each}`), 'exponent'],
    rows: all.map(({ rule, ms }) => [
      `\`${rule}\``,
      ...ms.map((time, i) => ((1e6 * time) / values(sizes[i]!)).toFixed(2)),
      exponentOf(sizes, ms).toFixed(2)
    ])
  }
}

function dimCheck({ rule, ms }: Times, dims: readonly number[]): Check {
  const exponent = exponentOf(dims, ms)

  return {
    what: `${rule}: exponent of dim`,
    found: exponent.toFixed(2),
    wanted: `at most ${MAX_DIM_EXPONENT}`,
    holds: exponent <= MAX_DIM_EXPONENT
  }
}

function nCheck({ rule, ms }: Times, ns: readonly number[]): Check {
  const isPairwise = PAIRWISE_RULES.includes(rule) || PRE_AGGREGATORS.includes(rule)
  const most = isPairwise
    ? 2
    : exponentOf(
        ns,
        ns.map((n) => n * Math.log2(n))
      ) // of n log n over these n
  const exponent = exponentOf(ns, ms)

  return {
    what: `${rule}: exponent of n`,
    found: exponent.toFixed(2),
    wanted: `at most ${most.toFixed(2)}, of ${isPairwise ? 'n^2' : 'n log n'}, and ${SLACK}`,
    holds: exponent <= most + SLACK
  }
}

function draw(plots: URL, byDim: readonly Times[], byN: readonly Times[]): void {
  const lines = (all: readonly Times[], sizes: readonly number[]): ChartLine[] =>
    all
      .filter(({ rule }) => PLOTTED.includes(rule))
      .map(({ rule, ms }) => ({ title: rule, points: ms.map((time, i) => [sizes[i]!, time] as const) }))
  const y = { title: 'milliseconds', range: [0.01, 100], isLogarithmic: true, ticks: [0.01, 0.1, 1, 10, 100] } as const
  writeFileSync(
    new URL('robust-scaling-dim.svg', plots),
    renderChart({
      title: `Time of a rule against the length of the models, n = ${N}`,
      x: { title: 'dim', range: [1e4, 1e6], isLogarithmic: true, ticks: [1e4, 1e5, 1e6] },
      y,
      lines: lines(byDim, DIMS)
    })
  )
  writeFileSync(
    new URL('robust-scaling-n.svg', plots),
    renderChart({
      title: `Time of a rule against the number of models, dim = ${DIM}`,
      x: { title: 'n', range: [5, 40], isLogarithmic: true, ticks: NS },
      y,
      lines: lines(byN, NS)
    })
  )
}
