import { createEngine, type Engine } from '../../../src/train/engine/engine.ts'
import type { StartFile } from '../../../src/train/engine/first-model.ts'
import type { Check, Part, PartOptions, PartResult } from '../result.ts'
import { mean, rangeOf } from '../statistics.ts'
import { withExtractor } from './extractor.ts'
import { fewShotShares } from './few-shot.ts'
import { runHeadSwarm } from './head-swarm.ts'

const NODES = 15
const BYZANTINE = 5
const CLASSES_EACH = 4
const PER_CLASS = 10
/** To try models on, of each of a node's classes: as published. */
const PROBE_PER_CLASS = 10
const ROUNDS = 40
/** Four times over a node's examples. */
const LOCAL_STEPS = 20
const SEEDS = [1, 2]
const DATA = 'mnist-t10k'
const EXTRACTOR = {
  model: { name: 'lenet', channels: [8, 16], hidden: 128 },
  data: 'glyphs',
  steps: 600,
  seed: 1
} as const
const BRISTLE = 'bristle'
const OTHERS = ['mean', 'median', `krum:f=${BYZANTINE}`]
const MIN_LEAD = 0.1

/** Few examples of few classes, a third of the nodes on flipped labels: what a filter gains that tests what it hears. */
export const bristle: Part = {
  about: 'bristle against rules: 4 classes a node, 5 of 15 nodes flip all labels',
  run: runBristle
}

async function runBristle(options: PartOptions): Promise<PartResult> {
  const engine = await createEngine({ device: 'cpu' })
  try {
    return await withExtractor(engine, EXTRACTOR, (start) => compare(engine, start, options))
  } finally {
    await engine.close()
  }
}

async function compare(engine: Engine, start: StartFile, { quick, log }: PartOptions): Promise<PartResult> {
  const found = new Map<string, number[]>()
  const rows: string[][] = []
  for (const method of [BRISTLE, ...OTHERS]) {
    const means: number[] = []
    const all: number[] = []
    for (const seed of quick ? SEEDS.slice(0, 1) : SEEDS) {
      const accuracies = await measure(engine, start, { method, seed, rounds: quick ? 4 : ROUNDS })
      means.push(mean(accuracies))
      all.push(...accuracies)
      log(`${method}, seed ${seed}: ${percent(mean(accuracies))}`)
    }
    found.set(method, means)
    rows.push([
      `\`${method}\``,
      ...means.map(percent),
      percent(mean(means)),
      rangeOf(
        all.map((a) => 100 * a),
        1
      )
    ])
  }
  const seeds = [...found.values()][0]!.map((_, i) => `seed ${SEEDS[i]}`)

  return {
    tables: [{ head: ['method', ...seeds, 'mean', 'nodes from-to'], rows }],
    checks: OTHERS.map((rule) => check(found, rule))
  }
}

interface Setting {
  method: string
  seed: number
  rounds: number
}

/** Accuracy of each honest node, in the setting above. */
async function measure(engine: Engine, start: StartFile, { method, seed, rounds }: Setting): Promise<number[]> {
  return runHeadSwarm(engine, {
    trainer: {
      ...{ model: EXTRACTOR.model, data: DATA, dataSeed: seed, batchSize: 8, seed, start },
      optimiser: { name: 'adamw', weightDecay: 0 },
      trainable: 'head',
      testLimit: 1000
    },
    shares: await fewShotShares({
      ...{ data: DATA, seed, nodes: NODES, classesEach: CLASSES_EACH },
      perClass: PER_CLASS,
      probePerClass: PROBE_PER_CLASS
    }),
    byzantine: BYZANTINE,
    method,
    rounds,
    localSteps: LOCAL_STEPS,
    learningRate: 0.01,
    seed
  })
}

function check(found: ReadonlyMap<string, readonly number[]>, rule: string): Check {
  const lead = mean(found.get(BRISTLE)!) - mean(found.get(rule)!)

  return {
    what: `bristle ahead of ${rule}, mean over seeds`,
    found: `${percent(lead)} points`,
    wanted: `at least ${percent(MIN_LEAD)}`,
    holds: lead >= MIN_LEAD
  }
}

const percent = (value: number): string => (100 * value).toFixed(1)
