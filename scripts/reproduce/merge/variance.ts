import { writeFileSync } from 'node:fs'
import { createEngine, type Engine } from '../../../src/train/engine/engine.ts'
import { renderChart } from '../chart.ts'
import type { Check, Part, PartOptions, PartResult } from '../result.ts'
import { type Curve, drawCurve, roundsTo } from './curve.ts'
import {
  COMMON,
  CORRECTED,
  MAX_OF_COMMON,
  MAX_OF_PLAIN,
  PLAIN,
  QUICK_SWARM,
  SWARM,
  type Way
} from './variance-swarm.ts'

const SEEDS = [1, 2, 3]
/** Rounds in the plot of factors: nothing happens later. */
const FACTOR_ROUNDS = 20

interface Race {
  seed: number
  goal: number
  plain: Curve
  corrected: Curve
  common: Curve
}

/** Nodes that begin differently: how many rounds until they have learnt as much as those that begin alike. */
export const variance: Part = {
  about: 'rounds to 80 % from independent starts, with and without variance correction',
  run: runRaces
}

async function runRaces(options: PartOptions): Promise<PartResult> {
  const engine = await createEngine({ device: 'cpu' })
  try {
    const races: Race[] = []
    for (const seed of options.quick ? SEEDS.slice(0, 1) : SEEDS) races.push(await race(engine, seed, options))
    if (options.plots !== undefined) draw(options.plots, races[0]!)

    return {
      tables: [
        {
          head: ['seed', 'variance-corrected', 'plain', 'common start', 'of plain', 'of common start'],
          rows: races.map(row)
        }
      ],
      checks: races.flatMap(checksOf)
    }
  } finally {
    await engine.close()
  }
}

async function race(engine: Engine, seed: number, options: PartOptions): Promise<Race> {
  const run = (way: Way): Promise<Curve> => runWay(engine, seed, way, options)
  const { goal } = options.quick ? QUICK_SWARM : SWARM

  return { seed, goal, plain: await run(PLAIN), corrected: await run(CORRECTED), common: await run(COMMON) }
}

async function runWay(engine: Engine, seed: number, way: Way, { quick, log }: PartOptions): Promise<Curve> {
  const { start, merge, title } = way
  const swarm = quick ? QUICK_SWARM : SWARM
  const curve = await drawCurve(engine, { ...swarm, seed, start, merge, until: swarm.goal })
  const { round, accuracy, worst } = curve.points.at(-1)!
  const there = roundsTo(curve, swarm.goal)
  log(
    `seed ${seed}, ${title}: ${there === undefined ? 'not there' : `there in round ${there}`}; in round ${round} ${accuracy.toFixed(3)}, worst node ${worst.toFixed(3)}`
  )

  return curve
}

/** NaN where the goal was never reached: then no figure holds. */
function ratio(above: Curve, below: Curve, goal: number): number {
  return (roundsTo(above, goal) ?? Number.NaN) / (roundsTo(below, goal) ?? Number.NaN)
}

function row({ seed, goal, corrected, plain, common }: Race): (string | number)[] {
  const rounds = [corrected, plain, common].map((curve) => roundsTo(curve, goal) ?? '-')

  return [seed, ...rounds, ratio(corrected, plain, goal).toFixed(2), ratio(corrected, common, goal).toFixed(2)]
}

function checksOf({ seed, goal, corrected, plain, common }: Race): Check[] {
  return [
    atMost(`rounds over those of plain averaging, seed ${seed}`, ratio(corrected, plain, goal), MAX_OF_PLAIN),
    atMost(`rounds over those of a common start, seed ${seed}`, ratio(corrected, common, goal), MAX_OF_COMMON)
  ]
}

function atMost(what: string, found: number, limit: number): Check {
  return { what, found: found.toFixed(2), wanted: `at most ${limit}`, holds: found <= limit }
}

function draw(plots: URL, { seed, goal, corrected, plain, common }: Race): void {
  const last = Math.max(...[corrected, plain, common].map(({ points }) => points.at(-1)!.round))
  const line = (title: string, { points }: Curve) => ({
    title,
    points: points.map(({ round, accuracy }) => [round, accuracy] as const)
  })
  writeFileSync(
    new URL('merge-variance.svg', plots),
    renderChart({
      title: `Mean accuracy of ${SWARM.nodes} nodes until it is ${goal}, seed ${seed}`,
      x: { title: 'rounds of one step', range: [0, last] },
      y: { title: 'accuracy', range: [0.2, 0.9] },
      lines: [line('variance-corrected', corrected), line('plain', plain), line('plain, common start', common)]
    })
  )
  writeFileSync(
    new URL('merge-variance-factor.svg', plots),
    renderChart({
      title: 'What merging stretches kernels by, round by round',
      x: { title: 'round', range: [1, FACTOR_ROUNDS] },
      y: { title: 'factor', range: [1, 3] },
      lines: [
        {
          title: 'root mean square over nodes and kernels',
          points: corrected.factors.slice(0, FACTOR_ROUNDS).map((factor, i) => [i + 1, factor] as const)
        }
      ]
    })
  )
}
