import { createEngine, type Engine } from '../../../src/train/engine/engine.ts'
import type { OptimiserSpec } from '../../../src/train/graph/optimisers/registry.ts'
import type { Part, PartOptions, PartResult } from '../result.ts'
import { drawCurve, roundsTo } from './curve.ts'
import { COMMON, CORRECTED, PLAIN, QUICK_SWARM, SWARM, type Way } from './variance-swarm.ts'

interface Setting {
  batchSize: number
  learningRate: number
  optimiser: Extract<OptimiserSpec, { name: 'sgd' }>
}

const SEED = 1
const SETTINGS: readonly Setting[] = [
  { batchSize: 64, learningRate: 0.1, optimiser: { name: 'sgd', momentum: 0 } },
  { batchSize: 32, learningRate: 0.01, optimiser: { name: 'sgd', momentum: 0.9 } },
  { batchSize: 32, learningRate: 0.02, optimiser: { name: 'sgd', momentum: 0.9 } }
]
/** Options of the policy, one at a time. */
const POLICIES = [
  'variance-corrected',
  'variance-corrected:own=0.5',
  'variance-corrected:tensors=all',
  'variance-corrected:target=self',
  'variance-corrected:epsilon=0.0001'
]

/** What the gain of variance correction depends on. */
export const settings: Part = {
  about: 'the same rounds to 80 % with other optimisers, and with other options of the policy',
  run: runSettings
}

async function runSettings(options: PartOptions): Promise<PartResult> {
  const engine = await createEngine({ device: 'cpu' })
  try {
    const bySetting: (string | number)[][] = []
    for (const setting of options.quick ? SETTINGS.slice(0, 1) : SETTINGS) {
      const rounds: (number | string)[] = []
      for (const way of [CORRECTED, PLAIN, COMMON]) rounds.push(await roundsOf(engine, setting, way, options))
      bySetting.push([setting.batchSize, setting.learningRate, setting.optimiser.momentum ?? '', ...rounds])
    }
    const byPolicy: (string | number)[][] = []
    for (const policy of options.quick ? POLICIES.slice(0, 1) : POLICIES) {
      const way: Way = { title: policy, start: 'independent', merge: policy }
      byPolicy.push([`\`${policy}\``, await roundsOf(engine, SWARM, way, options)])
    }

    return {
      tables: [
        {
          head: ['batch', 'step size', 'momentum', 'variance-corrected', 'plain', 'common start'],
          rows: bySetting
        },
        { head: ['policy', 'rounds'], rows: byPolicy }
      ],
      checks: []
    }
  } finally {
    await engine.close()
  }
}

async function roundsOf(
  engine: Engine,
  { batchSize, learningRate, optimiser }: Setting,
  { title, start, merge }: Way,
  { quick, log }: PartOptions
): Promise<number | string> {
  const swarm = { ...(quick ? QUICK_SWARM : SWARM), batchSize, learningRate, optimiser }
  const rounds = roundsTo(
    await drawCurve(engine, { ...swarm, seed: SEED, start, merge, until: swarm.goal }),
    swarm.goal
  )
  log(`batch ${batchSize}, step size ${learningRate}, momentum ${optimiser.momentum}, ${title}: ${rounds}`)

  return rounds ?? '-'
}
