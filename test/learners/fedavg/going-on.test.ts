import { describe, expect, test, vi } from 'vitest'
import type { LearnerState } from '../../../src/interface/rest.ts'
import { FedAvgLearner } from '../../../src/learners/fedavg/learner.ts'
import { NOTICE_PROTOCOL } from '../../../src/learners/fedavg/session.ts'
import { participantData, readServerState, serverOf } from '../../../src/learners/fedavg/state.ts'
import { orderMembers } from '../../../src/sampling/topology.ts'
import { VirtualStatelessTrainer } from '../../../src/sim/virtual-trainer.ts'
import { encodeNoticeAnswer } from '../../../src/wire/notice-codec.ts'
import { Keeper } from '../../util/kept-state.ts'
import { StatelessQuadraticTrainer } from '../../util/stateless-quadratic-trainer.ts'
import { type Life, SimulatedSwarm, STEP_MS } from '../simulated-swarm.ts'

// whole swarms, on whatever machine
vi.setConfig({ testTimeout: 60_000 })

const NODES = 6
const ROUNDS = 30
const SEED = 1
/** So that no round runs into its deadline, which is learnt anew in each life. */
const EVEN_LINKS = { latency: { kind: 'constant', ms: 20 } as const }
const names = Array.from({ length: NODES }, (_, i) => `node${i}`)
const SERVER = names.indexOf(orderMembers(names, SEED)[0]!)

/** Nodes of which each next life goes on from what `resume` says. */
class Nodes {
  readonly keepers: Keeper[] = []
  readonly trainers: StatelessQuadraticTrainer[] = []
  readonly resume = new Map<number, LearnerState>()
  readonly swarm = new SimulatedSwarm<FedAvgLearner>(
    3,
    ({ i, host, waits, vectors, emit }) => {
      const real = new StatelessQuadraticTrainer([i + 1, 2 * (i + 1)])
      this.trainers[i] = real
      const trainer = new VirtualStatelessTrainer({ trainer: real, host, stepMs: STEP_MS })
      const [keeper, resume] = [new Keeper(), this.resume.get(i)]
      const { network, clock } = host
      this.keepers[i] = keeper
      const lives = { rest: keeper.visit, ...(resume === undefined ? {} : { resume }) }

      return new FedAvgLearner(
        { network, clock, waits, trainer, vectors, emit },
        {
          ...{ seed: SEED, sample: 4, successFraction: 1, localSteps: 5, lingerMs: 30_000, members: names },
          ...{ learningRate: { peak: 0.05, schedule: 'cosine' }, budget: { rounds: ROUNDS } },
          ...{ evaluations: 5, evaluationLimit: 10, ...lives }
        }
      )
    },
    EVEN_LINKS
  )

  get finals(): (Float32Array | undefined)[] {
    return this.trainers.map(({ final }) => final)
  }
}

function rounds({ events }: Life<FedAvgLearner>): number[] {
  return events.flatMap((event) => (event.event === 'model:aggregated' ? event.round : []))
}

test('a swarm that is stopped between two rounds and goes on ends with the bits of one that was not', async () => {
  const whole = new Nodes()
  await whole.swarm.start(NODES)
  await whole.swarm.finish()

  const nodes = new Nodes()
  const lives = await nodes.swarm.start(NODES)
  nodes.keepers[SERVER]!.onRest = ({ round }) => {
    if (round !== 12) return
    for (const { abort } of lives) abort.abort(new Error('told to stop'))
  }
  await nodes.swarm.finish()
  expect(lives.map(({ end }) => end)).toEqual(names.map(() => 'told to stop'))
  for (const [i, keeper] of nodes.keepers.entries()) {
    expect(keeper.rests.at(-1)!.isLast).toBe(true)
    nodes.resume.set(i, keeper.last)
  }
  expect(nodes.keepers[SERVER]!.last.round).toBe(12)
  for (const { host } of lives) host.crash()
  const again = await nodes.swarm.start(NODES)
  await nodes.swarm.finish()

  expect(again.map(({ end }) => end)).toEqual(names.map(() => 'done'))
  expect(rounds(again[SERVER]!)).toEqual(Array.from({ length: ROUNDS - 12 }, (_, i) => 13 + i))
  expect(nodes.finals).toEqual(whole.finals)
  const curve = [lives, again].flatMap((each) => each[SERVER]!.events.filter((e) => e.event === 'model:evaluated'))
  expect(curve.map(({ round }) => round)).toEqual([6, 12, 18, 24, 30, 30])
})

test('a server that crashes goes on from its checkpoint, beyond the rounds that its nodes have seen', async () => {
  const nodes = new Nodes()
  const lives = await nodes.swarm.start(NODES)
  const server = lives[SERVER]!
  nodes.keepers[SERVER]!.onRest = ({ round }) => {
    if (round !== 10 || !server.host.isAlive) return
    const { states } = nodes.keepers[SERVER]!
    nodes.resume.set(SERVER, states.find((state) => state.round === 7)!)
    nodes.swarm.crash(server)
    nodes.swarm.simulator.schedule(3_000, () => nodes.swarm.join(SERVER))
  }
  expect(await nodes.swarm.finish()).toBe('until')

  const again = nodes.swarm.lives.at(-1)!
  expect(again).toMatchObject({ name: names[SERVER], end: 'done' })
  const others = lives.filter((life) => life !== server)
  expect(others.map(({ end }) => end)).toEqual(others.map(() => 'done'))
  for (const final of nodes.finals) expect(final).toEqual(nodes.finals[SERVER])
  const merges = again.events.filter((event) => event.event === 'model:aggregated')
  expect(merges.at(-1)).toMatchObject({ round: ROUNDS, merged: 4 })
  // it begins where its checkpoint was, and finds its nodes ahead: from then on all of them take part
  expect(merges[0]!.round).toBe(8)
  const seen = merges.slice(1)
  expect(seen[0]!.round).toBeGreaterThan(10)
  expect(seen.every(({ merged }) => merged === 4)).toBe(true)
})

test('a server that is stopped within a round and started again loses no round to a deadline', async () => {
  const nodes = new Nodes()
  const lives = await nodes.swarm.start(NODES)
  const server = lives[SERVER]!
  const isWithin = (): boolean =>
    server.events.some(({ event, ...at }) => event === 'model:aggregated' && at.ms > 3_000)
  await nodes.swarm.simulator.run({ until: isWithin, maxMs: 100_000 })
  await nodes.swarm.simulator.run({ maxMs: 60 }) // the next round has been taken
  server.abort.abort(new Error('told to stop'))
  await nodes.swarm.simulator.run({ until: () => server.end !== undefined, maxMs: 100_000 })
  nodes.resume.set(SERVER, nodes.keepers[SERVER]!.last)
  server.host.crash()
  nodes.swarm.simulator.schedule(2_000, () => nodes.swarm.join(SERVER))
  await nodes.swarm.simulator.run({ maxMs: 2_001 })
  await nodes.swarm.finish()

  const again = nodes.swarm.lives.at(-1)!
  expect(again).toMatchObject({ name: names[SERVER], end: 'done' })
  expect(again.events.filter(({ event }) => event === 'wait:expired')).toEqual([])
  const merges = again.events.filter((event) => event.event === 'model:aggregated')
  expect(merges[0]!.round).toBe(rounds(server).at(-1)! + 1)
  expect(merges.every(({ merged }) => merged === 4)).toBe(true)
})

test('whatever one node says of its round, a server that starts again goes on where the others are', async () => {
  const nodes = new Nodes()
  const lives = await nodes.swarm.start(NODES)
  const server = lives[SERVER]!
  nodes.keepers[SERVER]!.onRest = ({ round }) => {
    if (round !== 10 || !server.host.isAlive) return
    nodes.resume.set(SERVER, nodes.keepers[SERVER]!.states.find((state) => state.round === 7)!)
    nodes.swarm.crash(server)
    const liar = lives[(SERVER + 1) % NODES]!
    liar.abort.abort(new Error('turns liar'))
    nodes.swarm.simulator.schedule(1_000, () => {
      const lie = async (): Promise<Uint8Array> => encodeNoticeAnswer({ taken: false, round: ROUNDS - 1 })
      liar.host.network.handle(NOTICE_PROTOCOL, { request: lie })
    })
    nodes.swarm.simulator.schedule(3_000, () => nodes.swarm.join(SERVER))
  }
  await nodes.swarm.finish()

  const again = nodes.swarm.lives.at(-1)!
  expect(again).toMatchObject({ name: names[SERVER], end: 'done' })
  expect(rounds(again)[1]).toBeGreaterThan(10)
  expect(rounds(again)[1]).toBeLessThan(14)
})

test('a node that starts again goes on with the server that it had, whoever is connected then', async () => {
  const state: LearnerState = {
    ...{ round: 3, steps: 4, elapsedMs: 5, vectors: {} },
    data: participantData('node-that-is-away')
  }
  const nodes = new Nodes()
  for (let i = 0; i < NODES; i++) nodes.resume.set(i, state)
  const lives = await nodes.swarm.start(2)
  await nodes.swarm.finish()

  expect(lives.map(({ end }) => end)).toEqual(['ERR_SERVER_LOST', 'ERR_SERVER_LOST'])
  expect(lives[0]!.learner.inspect().neighbours).toEqual(['node-that-is-away'])
})

test('a server that is stopped before it has a model keeps a state that it can begin from', async () => {
  const nodes = new Nodes()
  const life = nodes.swarm.join(SERVER)
  nodes.trainers[SERVER]!.initialise = async () => {
    life.abort.abort(new Error('told to stop'))
    throw life.abort.signal.reason
  }
  await nodes.swarm.finish()
  const { last } = nodes.keepers[SERVER]!

  expect(last.vectors).toEqual({})
  expect(readServerState(last, 2)).toBeUndefined()
  expect(serverOf(last)).toBe(names[SERVER])
})

describe('the state of a server', () => {
  const state: LearnerState = {
    ...{ round: 3, steps: 4, elapsedMs: 5 },
    vectors: { params: new Float32Array([1, 2]) },
    data: { role: 'server', evaluated: 1 }
  }

  test('is its model, and how far it was', () => {
    expect(readServerState(state, 2)).toEqual({ round: 3, evaluated: 1, params: new Float32Array([1, 2]) })
    expect(readServerState({ ...state, vectors: {}, data: { role: 'participant' } }, 2)).toBeUndefined()
  })

  test.each([
    { id: 'another dim', code: 'ERR_CHECKPOINT_DIM', more: { vectors: { params: new Float32Array(3) } } },
    { id: 'no model', code: 'ERR_CHECKPOINT_STATE', more: { vectors: {} } },
    { id: 'another role', code: 'ERR_CHECKPOINT_STATE', more: { data: { role: 'king' } } },
    { id: 'no count', code: 'ERR_CHECKPOINT_STATE', more: { data: { role: 'server', evaluated: -1 } } }
  ])('is refused with $id', ({ code, more }) => {
    expect(() => readServerState({ ...state, ...more } as LearnerState, 2)).toThrow(expect.objectContaining({ code }))
  })
})
