import { writeFileSync } from 'node:fs'
import { parseMerge } from '../../../src/merge/registry.ts'
import { createEngine, type Engine } from '../../../src/train/engine/engine.ts'
import { renderChart } from '../chart.ts'
import type { Check, Part, PartOptions, PartResult } from '../result.ts'
import { asReceived, best, Halves, type HalvesInit, type Sweep } from './halves.ts'

const SETTING = {
  data: 'fashion-mnist',
  hidden: [128, 64],
  batchSize: 64,
  optimiser: { name: 'sgd', momentum: 0 },
  learningRate: 0.03,
  steps: 200
} as const
const SEEDS = [1, 2, 3]
/** Where models go further from their start: for comparison, nothing is promised. */
const LARGER_STEP = 0.1
const POINTS = 31
const QUICK = { points: 11, steps: 50, testLimit: 500 }
/** Accuracy that Fisher information must be worth. */
const WANTED = 0.02

interface Trial {
  seed: number
  learningRate: number
  plain: Sweep
  fisher: Sweep
  /** With vectors that have gone through the wire's format. */
  received: Sweep
}

/** Two models that know different classes: what merging them keeps, with and without Fisher information. */
export const fisher: Part = {
  about: 'two models, each trained on half of the classes, merged: plain mean against Fisher',
  run: runTrials
}

async function runTrials(options: PartOptions): Promise<PartResult> {
  const engine = await createEngine({ device: 'cpu' })
  try {
    const trials: Trial[] = []
    for (const seed of options.quick ? SEEDS.slice(0, 1) : SEEDS) {
      trials.push(await runTrial(engine, { ...SETTING, seed }, options))
    }
    const further = await runTrial(engine, { ...SETTING, learningRate: LARGER_STEP, seed: SEEDS[0]! }, options)
    if (options.plots !== undefined) draw(options.plots, trials[0]!)
    const head = [
      'seed',
      'step size',
      'plain, at',
      'fisher, at',
      'gain, points',
      'one byte a coordinate: most it changes'
    ]

    return { tables: [{ head, rows: [...trials, further].map(row) }], checks: trials.map(check) }
  } finally {
    await engine.close()
  }
}

async function runTrial(engine: Engine, init: HalvesInit, { quick, log }: PartOptions): Promise<Trial> {
  const { points = POINTS, ...less } = quick ? QUICK : {}
  const halves = await Halves.train(engine, { ...init, ...less })
  try {
    const fishers = await halves.fishers(parseMerge('fisher'))
    const plain = await halves.sweep(parseMerge('mean'), [], points)
    const fisher = await halves.sweep(parseMerge('fisher'), fishers, points)
    const received = await halves.sweep(parseMerge('fisher'), fishers.map(asReceived), points)
    log(
      `seed ${init.seed}, step size ${init.learningRate}: ${best(plain).accuracy} plain, ${best(fisher).accuracy} fisher`
    )

    return { seed: init.seed, learningRate: init.learningRate, plain, fisher, received }
  } finally {
    await halves.close()
  }
}

function row({ seed, learningRate, plain, fisher, received }: Trial): (string | number)[] {
  const at = (sweep: Sweep): string => `${best(sweep).accuracy.toFixed(3)}, ${best(sweep).own.toFixed(2)}`
  const changes = fisher.map(([, accuracy], p) => Math.abs(received[p]![1] - accuracy))

  return [seed, learningRate, at(plain), at(fisher), points(gain(plain, fisher)), points(Math.max(...changes))]
}

function gain(plain: Sweep, fisher: Sweep): number {
  return best(fisher).accuracy - best(plain).accuracy
}

const points = (accuracy: number): string => (100 * accuracy).toFixed(2)

function check({ seed, plain, fisher }: Trial): Check {
  return {
    what: `points above plain interpolation, each at its best own weight, seed ${seed}`,
    found: points(gain(plain, fisher)),
    wanted: `at least ${points(WANTED)}`,
    holds: gain(plain, fisher) >= WANTED
  }
}

function draw(plots: URL, { seed, plain, fisher }: Trial): void {
  writeFileSync(
    new URL('merge-fisher.svg', plots),
    renderChart({
      title: `Accuracy over all ten classes of two models merged, seed ${seed}`,
      x: { title: 'own mixing weight', range: [0, 1] },
      y: { title: 'accuracy', range: [0.4, 0.8] },
      lines: [
        { title: 'fisher', points: fisher },
        { title: 'plain', points: plain }
      ]
    })
  )
}
