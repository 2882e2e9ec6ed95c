import type { Check, Part, PartOptions, PartResult } from '../result.ts'
import { mean, rangeOf } from '../statistics.ts'
import { percent, points } from './format.ts'
import { runLockstep } from './lockstep.ts'
import { LINEAR_PEAK, LINEAR_STEPS, linearJob, NODES } from './settings.ts'
import { drawCurve } from './simulated.ts'

const MIN_ACCURACY = 0.76
const MAX_ROUNDING_LOSS = 0.01
const MIN_LEAD = 0.03
/** Tried for a node alone, whose projections are noisier; its best on a seed counts. */
const ALONE_PEAKS = [0.0003, 0.001, 0.0025, 0.005]

interface SeedResult {
  seed: number
  swarm: number
  replicas: number
  /** In step: what is lost against it in the simulator is for delay, not for rounding. */
  bytes: number
  /** In step. */
  floats: number
  alone: number
  alonePeak: number
}

/** A linear model from nothing: what a byte costs, and what sixteen do that one alone does not. */
export const linear: Part = { about: 'a linear model on Fashion-MNIST by projections alone', run: runLinear }

async function runLinear({ quick, log }: PartOptions): Promise<PartResult> {
  const results: SeedResult[] = []
  for (const seed of quick ? [1] : [1, 2, 3]) {
    const result = await measure(seed, quick ? 100 : LINEAR_STEPS)
    log(rowOf(result).join('  '))
    results.push(result)
  }

  return {
    tables: [
      {
        head: [
          'seed',
          'in the simulator',
          'models at the end',
          'in step, bytes',
          'in step, floats',
          'alone',
          'its step size'
        ],
        rows: results.map(rowOf)
      }
    ],
    checks: checksOf(results)
  }
}

async function measure(seed: number, steps: number): Promise<SeedResult> {
  const job = linearJob({ seed, nodes: NODES, steps, peak: LINEAR_PEAK })
  const { accuracy: swarm, replicas } = await drawCurve({ job })
  const { accuracy: bytes } = await runLockstep({ job, precision: 'bytes' })
  const { accuracy: floats } = await runLockstep({ job, precision: 'floats' })
  const tries: { peak: number; accuracy: number }[] = []
  for (const peak of ALONE_PEAKS) {
    const { accuracy } = await drawCurve({ job: linearJob({ seed, nodes: 1, steps, peak }) })
    tries.push({ peak, accuracy })
  }
  const best = tries.reduce((a, b) => (b.accuracy > a.accuracy ? b : a))

  return { seed, swarm, replicas, bytes, floats, alone: best.accuracy, alonePeak: best.peak }
}

function rowOf({ seed, swarm, replicas, bytes, floats, alone, alonePeak }: SeedResult): (string | number)[] {
  return [seed, percent(swarm), replicas, percent(bytes), percent(floats), percent(alone), alonePeak]
}

function checksOf(results: readonly SeedResult[]): Check[] {
  const swarm = results.map((result) => result.swarm)
  const losses = results.map(({ floats, bytes }) => floats - bytes)
  const leads = results.map(({ swarm, alone }) => swarm - alone)

  return [
    {
      what: 'accuracy of the swarm, worst seed',
      found: `${percent(Math.min(...swarm))} (${rangeOf(
        swarm.map((x) => 100 * x),
        1
      )}, mean ${percent(mean(swarm))})`,
      wanted: `at least ${percent(MIN_ACCURACY)}`,
      holds: Math.min(...swarm) >= MIN_ACCURACY
    },
    {
      what: 'lost by bytes in place of floats, in step, worst seed',
      found: points(Math.max(...losses)),
      wanted: `at most ${points(MAX_ROUNDING_LOSS)}`,
      holds: Math.max(...losses) <= MAX_ROUNDING_LOSS
    },
    {
      what: 'ahead of one node alone, worst seed',
      found: points(Math.min(...leads)),
      wanted: `at least ${points(MIN_LEAD)}`,
      holds: Math.min(...leads) >= MIN_LEAD
    },
    {
      what: 'models that differ at the end',
      found: `${Math.max(...results.map(({ replicas }) => replicas))}`,
      wanted: '1',
      holds: results.every(({ replicas }) => replicas === 1)
    }
  ]
}
