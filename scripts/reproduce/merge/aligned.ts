import { writeFileSync } from 'node:fs'
import { createRng } from '../../../src/math/philox.ts'
import { renderChart } from '../chart.ts'
import type { Check, Part, PartOptions, PartResult } from '../result.ts'
import { type BarrierResult, type Line, measureBarrier } from './barrier.ts'

const HIDDEN = [512, 512, 512]
/** Weight decay takes away what the start left in the weights and training did not use. */
const OPTIMISER = { name: 'sgd', momentum: 0.9, weightDecay: 0.002 } as const
const STEPS = 800
const POINTS = 11
/** First seeds of the pairs. */
const PAIRS = [1, 11]
const WANTED = 0.8

/** Two models from different starts: the loss between them, plain and after their hidden units were matched. */
export const aligned: Part = {
  about: 'loss barrier between two MLPs with three hidden layers of 512, before and after alignment',
  run: measurePairs
}

async function measurePairs({ quick, plots, log }: PartOptions): Promise<PartResult> {
  const rows: (string | number)[][] = []
  const checks: Check[] = []
  for (const first of quick ? PAIRS.slice(0, 1) : PAIRS) {
    log(`pair ${first}: ${quick ? 100 : STEPS} steps each`)
    const result = await measureBarrier({
      data: 'fashion-mnist',
      hidden: quick ? [128, 128] : HIDDEN,
      optimiser: OPTIMISER,
      batchSize: 128,
      steps: quick ? 100 : STEPS,
      learningRate: 0.1,
      seeds: [first, first + 1],
      points: POINTS,
      rng: createRng(first, 'aligned'),
      ...(quick ? { testLimit: 1000 } : {})
    })
    rows.push(row(first, 'plain', result.plain), row(first, 'aligned', result.aligned))
    checks.push(check(first, result))
    if (plots !== undefined && first === PAIRS[0]) draw(plots, first, result)
    log(`matched in ${result.matchMs.toFixed(0)} ms`)
  }
  const head = [
    'seeds',
    'interpolation',
    'loss at the ends',
    'loss half-way',
    'accuracy at the ends',
    'half-way',
    'barrier'
  ]

  return { tables: [{ head, rows }], checks }
}

function row(seed: number, what: string, { losses, accuracies, barrier }: Line): (string | number)[] {
  const middle = (POINTS - 1) / 2
  const ends = (values: readonly number[]) => `${values[0]!.toFixed(3)}, ${values.at(-1)!.toFixed(3)}`

  return [
    `${seed}, ${seed + 1}`,
    what,
    ends(losses),
    losses[middle]!.toFixed(3),
    ends(accuracies),
    accuracies[middle]!.toFixed(3),
    barrier.toFixed(3)
  ]
}

function check(seed: number, { plain, aligned }: BarrierResult): Check {
  const drop = 1 - aligned.barrier / plain.barrier

  return {
    what: `barrier lower after alignment, seeds ${seed} and ${seed + 1}`,
    found: `${(100 * drop).toFixed(1)} %`,
    wanted: `>= ${100 * WANTED} %`,
    holds: drop >= WANTED
  }
}

function draw(plots: URL, seed: number, { plain, aligned }: BarrierResult): void {
  const line = (title: string, { losses }: Line) => ({
    title,
    points: losses.map((loss, p) => [p / (POINTS - 1), loss] as const)
  })
  writeFileSync(
    new URL('merge-aligned.svg', plots),
    renderChart({
      title: `Test loss between two networks from different starts, seeds ${seed} and ${seed + 1}`,
      x: { title: 'share of the second network', range: [0, 1] },
      y: { title: 'loss, nats', range: [0, Math.ceil(4 * Math.max(...plain.losses)) / 4] },
      lines: [line('plain', plain), line('aligned', aligned)]
    })
  )
}
