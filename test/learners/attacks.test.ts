import { describe, expect, test } from 'vitest'
import { createAttacker } from '../../src/node/byzantine.ts'
import { type JobInput, resolveJob } from '../../src/node/job.ts'
import { createLearner, isSampling } from '../../src/node/learner.ts'
import { attackNames, parseAttack } from '../../src/robust/attacks/registry.ts'
import { VirtualStatelessTrainer, VirtualTrainer } from '../../src/sim/virtual-trainer.ts'
import { NO_LEAKS } from '../sim/hosts.ts'
import { QuadraticTrainer } from '../util/quadratic-trainer.ts'
import { StatelessQuadraticTrainer } from '../util/stateless-quadratic-trainer.ts'
import { SimulatedSwarm, STEP_MS } from './simulated-swarm.ts'

const NODES = 7
const HONEST = 5
const ROUNDS = 8
const names = Array.from({ length: NODES }, (_, i) => `node${i}`)
/** The honest ones lie around it; nobody is farther out than 2. */
const CENTRE = 10

interface Run {
  learner: JobInput['learner']
  attack: string
  seed?: number
}

/** Nodes 5 and 6 attack. @returns what the honest nodes end with */
async function run({ learner, attack, seed = 1 }: Run) {
  const job = resolveJob({ seed, data: { nodes: NODES }, learner, budget: { rounds: ROUNDS } }, 'test')
  const finals: (() => Float32Array)[] = []
  const swarm = new SimulatedSwarm(seed, ({ i, host, waits, vectors, emit }) => {
    const target = [CENTRE + (i % 3) - 1, -CENTRE]
    const attackers = { attack: parseAttack(attack), attackers: 2, accomplices: names.slice(HONEST) }
    const byzantine =
      i < HONEST ? undefined : { ...attackers, accomplices: names.filter((_, k) => k >= HONEST && k !== i) }
    const attacker =
      byzantine === undefined ? undefined : createAttacker(job, byzantine, { vectors, dim: 2, self: host.peer })
    const parts = { network: host.network, clock: host.clock, waits, vectors, emit, members: names }
    const all = attacker === undefined ? parts : { ...parts, attacker }
    if (isSampling(job.learner)) {
      const real = new StatelessQuadraticTrainer(target)
      finals[i] = () => real.final!
      const trainer = new VirtualStatelessTrainer({ trainer: real, host, stepMs: STEP_MS })

      return createLearner(job, all, { kind: 'stateless', trainer })
    }
    const trainer = new VirtualTrainer({ trainer: new QuadraticTrainer(target), host, stepMs: STEP_MS })
    finals[i] = () => trainer.params

    return createLearner(job, all, { kind: 'live', trainer })
  })
  const lives = await swarm.start(NODES)
  const end = await swarm.finish()

  return {
    end,
    lives,
    models: finals.slice(0, HONEST).map((final) => final()),
    digest: swarm.simulator.digest,
    rejected: lives
      .slice(0, HONEST)
      .flatMap(({ events }) => events.flatMap((event) => (event.event === 'model:rejected' ? [event.code] : [])))
  }
}

const LEARNERS: Record<string, NonNullable<JobInput['learner']>> = {
  gossip: { name: 'gossip', topology: 'full', quorum: 1, localSteps: 10 },
  dpsgd: { name: 'dpsgd', topology: 'full', localSteps: 10 },
  modest: { name: 'modest', sample: 6, aggregators: 2, successFraction: 1, localSteps: 10 },
  fedavg: { name: 'fedavg', sample: 7, successFraction: 1, localSteps: 10 }
}
/** Models that hold NaN never get in; dissensus has no target whose model it knows where a model goes round. */
const NOT_FINITE = ['infinity', 'nan']

describe.each(Object.keys(LEARNERS))('%s', (name) => {
  const learner = LEARNERS[name]!

  test.each(attackNames)('%s: all end, and leave nothing behind', async (attack) => {
    const { end, lives, models, rejected } = await run({ learner, attack })

    expect(end).toBe('until')
    expect(lives.map((life) => life.end)).toEqual(lives.map(() => 'done'))
    for (const { host } of lives) expect(host.leaks()).toEqual(NO_LEAKS)
    for (const model of models) expect(model.every(Number.isFinite)).toBe(true)
    expect(new Set(rejected)).toEqual(new Set(NOT_FINITE.includes(attack) ? ['ERR_MODEL_NOT_FINITE'] : []))
  })
})

/** Where honest nodes stand alone: a full graph, nobody aggregates for others. */
describe.each(['gossip', 'dpsgd'])('%s, attacked', (name) => {
  const learner = LEARNERS[name]!
  const farthest = (models: Float32Array[]): number =>
    Math.max(...models.map((model) => Math.hypot(model[0]! - CENTRE, model[1]! + CENTRE)))

  test.each(['sign-flipping', 'ipm', 'gaussian:mu=-100', 'optimal-ipm'])(
    'the mean falls to %s, a trimmed mean does not',
    async (attack) => {
      const mean = await run({ learner, attack })
      const robust = await run({ learner: { ...learner, robust: 'trimmed-mean:f=2' } as JobInput['learner'], attack })

      expect(farthest(mean.models)).toBeGreaterThan(4)
      expect(farthest(robust.models)).toBeLessThan(2)
    }
  )

  test('dissensus drives models apart that the mean brings together', async () => {
    const spread = (models: Float32Array[]): number =>
      Math.max(...models.map((a) => Math.max(...models.map((b) => Math.hypot(a[0]! - b[0]!, a[1]! - b[1]!)))))
    const honest = await run({ learner, attack: 'label-flipping' })
    const attacked = await run({ learner, attack: 'dissensus:epsilon=3' })

    expect(spread(attacked.models)).toBeGreaterThan(2 * spread(honest.models) + 0.1)
  })

  test('the same seed, the same run', async () => {
    const [a, b] = [await run({ learner, attack: 'alie' }), await run({ learner, attack: 'alie' })]
    const other = await run({ learner, attack: 'mimic' })

    expect(a.digest).toBe(b.digest)
    expect(a.models).toEqual(b.models)
    expect(other.models).not.toEqual(a.models)
  })
})
