import { expect, test, vi } from 'vitest'
import { ModestLearner } from '../../../src/learners/modest/learner.ts'
import type { ModestInit } from '../../../src/learners/modest/parts.ts'
import { NOTICE_PROTOCOL, PING_PROTOCOL } from '../../../src/learners/modest/protocol.ts'
import type { SimHost } from '../../../src/sim/host.ts'
import { VirtualStatelessTrainer } from '../../../src/sim/virtual-trainer.ts'
import { encodeModel } from '../../../src/wire/model-codec.ts'
import { encodePing } from '../../../src/wire/modest-codec.ts'
import { encodeNotice, NO_DIGEST, type NoticeKind } from '../../../src/wire/notice-codec.ts'
import { StatelessQuadraticTrainer } from '../../util/stateless-quadratic-trainer.ts'
import { type Life, SimulatedSwarm, STEP_MS } from '../simulated-swarm.ts'

// whole swarms, on whatever machine
vi.setConfig({ testTimeout: 60_000 })

const NODES = 8
const ROUNDS = 40
/** What no honest node comes to. */
const LIE = 1000
const INIT: ModestInit = {
  ...{ seed: 7, sample: 3, aggregators: 1, successFraction: 1, localSteps: 5, hash: 'sha256', lingerMs: 30_000 },
  ...{ learningRate: { peak: 0.2, schedule: 'constant' }, evaluations: 10, evaluationLimit: 100 },
  budget: { rounds: ROUNDS }
}

/** How far ahead of the newest round it says the swarm is, to each node, each time. */
type Lie = (liar: SimHost, to: string, round: number) => Promise<unknown>

/** A swarm in which one member does nothing but tell everyone the same lie, every 25 ms from 2 s to 8 s on. */
async function lyingSwarm(lie: Lie, budget: ModestInit['budget']) {
  const trainers: StatelessQuadraticTrainer[] = []
  const swarm = new SimulatedSwarm<ModestLearner>(
    3,
    ({ i, host, waits, vectors, emit }) => {
      const real = new StatelessQuadraticTrainer([i])
      trainers[i] = real
      const trainer = new VirtualStatelessTrainer({ trainer: real, host, stepMs: STEP_MS })
      const { network, clock } = host

      return new ModestLearner({ network, clock, waits, trainer, vectors, emit }, { ...INIT, budget })
    },
    { latency: { kind: 'constant', ms: 20 }, detectMs: 2_000 }
  )
  const { simulator } = swarm
  const liar = simulator.join('liar')
  const lives = await swarm.start(NODES)
  for (let ms = 2_000; ms < 8_000; ms += 25) {
    simulator.schedule(ms, () => {
      const newest = Math.max(...lives.map(({ learner }) => learner.swarmRound))
      for (const { name, end } of lives) {
        if (end === undefined) lie(liar, name, newest).catch(() => undefined)
      }
    })
  }

  return { swarm, lives, trainers }
}

const say =
  (kind: NoticeKind, ahead: number): Lie =>
  ({ network }, to, round) => {
    const ref = network.offer(encodeModel(Float32Array.of(LIE)))
    const notice = { kind, round: round + ahead, ref, examples: 1, members: [], digest: NO_DIGEST }

    return network.request(to, NOTICE_PROTOCOL, encodeNotice(notice))
  }
const final: Lie = (liar, to, round) => say('final', ROUNDS + 1 - round)(liar, to, round)
const ping: Lie = ({ network }, to, round) => network.request(to, PING_PROTOCOL, encodePing({ round, index: 0 }))
const pingAhead: Lie = (liar, to, round) => ping(liar, to, round + 16)
/** Of a model that is not to be had. */
const hollow: Lie = ({ network }, to, round) => {
  const ref = { hash: 'ab'.repeat(32), bytes: encodeModel(Float32Array.of(LIE)).byteLength }
  const notice = { kind: 'aggregated' as const, round: round + 2, ref, examples: 1, members: [], digest: NO_DIGEST }

  return network.request(to, NOTICE_PROTOCOL, encodeNotice(notice))
}

const trained = ({ events }: Life<ModestLearner>): number[] =>
  events.flatMap((event) => (event.event === 'round:ended' ? event.round : []))

test.each([
  { what: 'that rounds are 16 further', lie: pingAhead },
  { what: 'that rounds are aggregated 16 ahead', lie: say('aggregated', 16), hasModel: true },
  { what: 'that the next rounds are aggregated, and has no model', lie: hollow },
  { what: 'that rounds 16 ahead are trained', lie: say('trained', 16) },
  { what: 'that the next rounds are trained', lie: say('trained', 3) },
  { what: 'that rounds are in the hands of their samples', lie: say('closed', 16) },
  { what: 'that the job is over', lie: final }
])(
  'a member that says $what neither ends nor stops the rounds',
  async ({ lie, hasModel }: { lie: Lie; hasModel?: boolean }) => {
    const { swarm, lives, trainers } = await lyingSwarm(lie, { rounds: ROUNDS })
    const { simulator } = swarm
    await simulator.run({ until: () => simulator.nowMs >= 8_000, maxMs: 10_000 })
    // about three in a second without it
    expect(Math.max(...lives.map(({ learner }) => learner.swarmRound))).toBeGreaterThan(12)
    expect(await swarm.finish(300_000)).toBe('until')

    expect(lives.map(({ end }) => end)).toEqual(lives.map(() => 'done'))
    expect(new Set(lives.flatMap(trained)).size).toBeGreaterThan(0.75 * ROUNDS)
    // a harmful model is another matter, and what rules are for
    for (const { final: model } of hasModel ? [] : trainers) {
      expect(model).toEqual(trainers[0]!.final)
      expect(model![0]).toBeLessThan(NODES)
    }
  }
)

test.each([
  { what: 'no end', budget: {}, least: 15_000 },
  { what: 'an end by time', budget: { seconds: 12 }, least: 10_800 }
])('a job with $what does not end because one member says so', async ({ budget, least }) => {
  const { swarm, lives } = await lyingSwarm(final, budget)
  await swarm.simulator.run({ until: () => swarm.simulator.nowMs >= least, maxMs: least })

  expect(lives.map(({ end }) => end)).toEqual(lives.map(() => undefined))
  expect(lives.every(({ learner }) => learner.status.phase === 'train')).toBe(true)
  for (const { abort } of lives) abort.abort(new Error('enough'))
  await swarm.finish()
})
