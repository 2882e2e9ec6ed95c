import { describe, expect, test } from 'vitest'
import type { Learner } from '../../src/interface/learner.ts'
import type { Layout } from '../../src/interface/params.ts'
import { parcelBytes } from '../../src/learners/parcel.ts'
import { resolveJob } from '../../src/node/job.ts'
import { createLearner, isSampling } from '../../src/node/learner.ts'
import { VirtualStatelessTrainer, VirtualTrainer } from '../../src/sim/virtual-trainer.ts'
import { type Life, SimulatedSwarm, STEP_MS } from '../learners/simulated-swarm.ts'
import { mlpLayout } from '../merge/util.ts'
import { NO_LEAKS } from '../sim/hosts.ts'
import { QuadraticTrainer } from '../util/quadratic-trainer.ts'
import { StatelessQuadraticTrainer } from '../util/stateless-quadratic-trainer.ts'

const NODES = 6
const ROUNDS = 20
const names = Array.from({ length: NODES }, (_, i) => `node${i}`)
const LAYOUT = mlpLayout([3, 4, 2])

const GOSSIP = { name: 'gossip', settleRounds: 6 }
const DPSGD = { name: 'dpsgd' }
const MODEST = { name: 'modest', sample: 4 }
const FEDAVG = { name: 'fedavg', sample: 4 }

interface Run {
  lives: readonly Life<Learner>[]
  /** Of each node, at the end. */
  finals: readonly Float32Array[]
}

/** A whole run of a learner by its job, each node with a target of its own. */
async function run(learner: object, targetOf: (i: number) => number[], layout?: Layout): Promise<Run> {
  const job = resolveJob(
    {
      data: { nodes: NODES },
      budget: { rounds: ROUNDS },
      learner: { localSteps: 4, ...learner },
      learningRate: { peak: 0.1 },
      evaluation: { points: 2 }
    },
    'test'
  )
  const finals: (() => Float32Array)[] = []
  const swarm = new SimulatedSwarm<Learner>(5, ({ i, host, waits, vectors, emit }) => {
    const parts = { network: host.network, clock: host.clock, waits, vectors, emit, members: names }
    const args = [targetOf(i), 100, layout] as const
    if (isSampling(job.learner)) {
      const trainer = new StatelessQuadraticTrainer(...args)
      finals.push(() => trainer.final!)
      const virtual = new VirtualStatelessTrainer({ trainer, host, stepMs: STEP_MS })
      return createLearner(job, parts, { kind: 'stateless', trainer: virtual })
    }
    const trainer = new VirtualTrainer({ trainer: new QuadraticTrainer(...args), host, stepMs: STEP_MS })
    finals.push(() => trainer.params)
    return createLearner(job, parts, { kind: 'live', trainer })
  })
  await swarm.start(NODES)
  expect(await swarm.finish()).toBe('until')
  expect(swarm.overdue).toEqual([])
  for (const { end, vectors, waits, host, events } of swarm.lives) {
    expect({ end, bytes: vectors.usedBytes, waits: waits.list(), leaks: host.leaks() }).toEqual({
      end: 'done',
      bytes: 0,
      waits: [],
      leaks: NO_LEAKS
    })
    expect(events.filter(({ event }) => event === 'model:rejected')).toEqual([])
  }

  return { lives: swarm.lives, finals: finals.map((final) => final()) }
}

function merges({ lives }: Run): { factor?: number; moved?: number; round: number }[] {
  return lives.flatMap(({ events }) => events.flatMap((event) => (event.event === 'model:merged' ? [event] : [])))
}

/** Targets from 1 to 2: on its own a node would end at its own. */
const unlike = (i: number) => Array.from({ length: LAYOUT.dim }, (_, k) => 1 + ((i + k) % NODES) / (NODES - 1))

describe.each([
  { learner: GOSSIP, merge: 'mean:own=0.5' },
  { learner: GOSSIP, merge: 'fisher:examples=8:labels=sampled' },
  { learner: GOSSIP, robust: 'centered-clipping:tau=0.5:start=last' },
  { learner: GOSSIP, robust: 'mozi:rho=1' },
  { learner: GOSSIP, robust: 'nnm,trimmed-mean:f=1' },
  { learner: DPSGD, merge: 'mean' },
  { learner: DPSGD, merge: 'fisher' },
  { learner: DPSGD, robust: 'centered-clipping:tau=0.5:start=last' },
  { learner: DPSGD, robust: 'mozi:rho=1' },
  { learner: MODEST, merge: 'mean' },
  { learner: MODEST, merge: 'fisher:favour=none' },
  { learner: MODEST, robust: 'median' },
  { learner: FEDAVG, merge: 'mean' },
  { learner: FEDAVG, merge: 'fisher:favour=none' },
  { learner: FEDAVG, robust: 'centered-clipping:tau=0.5:start=last' }
])('$learner.name with $merge$robust', ({ learner, ...how }) => {
  test('the models come together, between those of nodes alone', async () => {
    const { finals } = await run({ ...learner, ...how }, unlike)
    for (const params of finals) {
      for (const value of params) {
        expect(value).toBeGreaterThan(0.9)
        expect(value).toBeLessThan(1.95)
      }
    }
    // neighbours' targets differ by up to 1 in a coordinate
    const spread = Math.max(...finals.map((params) => Math.abs(params[0]! - finals[0]![0]!)))
    expect(spread).toBeLessThan('robust' in how ? 0.8 : 0.4)
  })
})

describe.each([GOSSIP, DPSGD, MODEST, FEDAVG])('$name', (learner) => {
  test('what matters to a node counts with fisher, over the wire', async () => {
    // half of the nodes want 4 here and do not care there, half the other way about: the mean is 2
    const target = (i: number) => (i % 2 === 0 ? [4, 0] : [0, 4])
    const { finals } = await run({ ...learner, merge: 'fisher:favour=none:norm=raw' }, target)
    for (const params of finals) expect(Math.min(...params)).toBeGreaterThan(2.4)
  })

  test('variance-corrected says how alike the models are, more and more', async () => {
    const result = await run({ ...learner, merge: 'variance-corrected' }, unlike, LAYOUT)
    const told = merges(result)
    const isEarly = ({ round }: { round: number }) => round <= 3
    const mean = (rounds: { factor?: number }[]) =>
      rounds.reduce((sum, { factor = 0 }) => sum + factor, 0) / rounds.length
    expect(told.length).toBeGreaterThanOrEqual(ROUNDS - 1)
    expect(mean(told.filter(isEarly))).toBeGreaterThan(mean(told.filter(({ round }) => round > ROUNDS - 3)) - 1e-3)
    expect(told.every(({ factor = 0 }) => factor > 0.4 && factor < 10)).toBe(true)
    for (const params of result.finals) expect(params.every(Number.isFinite)).toBe(true)
  })

  test('aligned says how many units moved', async () => {
    const result = await run({ ...learner, merge: 'aligned' }, unlike, LAYOUT)
    const told = merges(result)
    expect(told.length).toBeGreaterThanOrEqual(ROUNDS - 1)
    expect(told.every(({ moved = -1 }) => moved >= 0 && moved <= 1)).toBe(true)
    for (const params of result.finals) expect(params.every(Number.isFinite)).toBe(true)
  })
})

test.each([GOSSIP, DPSGD, MODEST, FEDAVG])(
  '$name: Fisher vectors travel with models, a byte a param',
  async (learner) => {
    const dim = 5000
    const targets = () => new Array<number>(dim).fill(1)
    const sent = async (merge: string) => {
      const { lives } = await run({ ...learner, merge }, targets)

      return lives.reduce((sum, { host }) => sum + host.network.traffic().sent, 0)
    }
    const more = (await sent('fisher:favour=none')) / (await sent('mean')) - 1
    const most = parcelBytes(dim, { hasFisher: true }) / parcelBytes(dim, { hasFisher: false }) - 1
    // with learners that sample, aggregates go out alone: about every second model. With gossip, how many are overtaken differs
    const [least, limit] = 'sample' in learner ? [0.3, 0.7] : [0.9, 1.5]
    expect(more / most).toBeGreaterThan(least)
    expect(more / most).toBeLessThan(limit)
  }
)
