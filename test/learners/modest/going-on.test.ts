import { describe, expect, test, vi } from 'vitest'
import type { LearnerState } from '../../../src/interface/rest.ts'
import { ModestLearner } from '../../../src/learners/modest/learner.ts'
import type { ModestInit } from '../../../src/learners/modest/parts.ts'
import { modestState, readModestState } from '../../../src/learners/modest/state.ts'
import { VirtualStatelessTrainer } from '../../../src/sim/virtual-trainer.ts'
import { Keeper } from '../../util/kept-state.ts'
import { StatelessQuadraticTrainer } from '../../util/stateless-quadratic-trainer.ts'
import { type Life, SimulatedSwarm, STEP_MS } from '../simulated-swarm.ts'

// whole swarms, on whatever machine
vi.setConfig({ testTimeout: 60_000 })

const ROUNDS = 40
const INIT: ModestInit = {
  ...{ seed: 7, sample: 3, aggregators: 1, successFraction: 1, localSteps: 5, hash: 'sha256', lingerMs: 30_000 },
  ...{ learningRate: { peak: 0.2, schedule: 'constant' }, budget: { rounds: ROUNDS } },
  ...{ evaluations: 10, evaluationLimit: 100 }
}

/** Members of which each next life goes on from what `resume` says. */
class Members {
  readonly keepers: Keeper[] = []
  readonly trainers: StatelessQuadraticTrainer[] = []
  readonly resume = new Map<number, LearnerState>()
  readonly swarm = new SimulatedSwarm<ModestLearner>(
    3,
    ({ i, host, waits, vectors, emit }) => {
      const real = new StatelessQuadraticTrainer([i])
      this.trainers[i] = real
      const trainer = new VirtualStatelessTrainer({ trainer: real, host, stepMs: STEP_MS })
      const [keeper, resume] = [new Keeper(), this.resume.get(i)]
      const { network, clock } = host
      this.keepers[i] = keeper
      const lives = { rest: keeper.visit, ...(resume === undefined ? {} : { resume }) }

      return new ModestLearner({ network, clock, waits, trainer, vectors, emit }, { ...INIT, ...lives })
    },
    { latency: { kind: 'constant', ms: 20 }, detectMs: 2_000 }
  )

  /** All of them stop when one of them has ended round `round`, and start again from their last rests. */
  async stopAndGoOn(
    nodes: number,
    round: number
  ): Promise<{ first: Life<ModestLearner>[]; again: Life<ModestLearner>[] }> {
    const first = await this.swarm.start(nodes)
    const isThere = (): boolean => first.some(({ learner }) => learner.status.round >= round)
    await this.swarm.simulator.run({ until: isThere, maxMs: 1_000_000 })
    for (const { abort } of first) abort.abort(new Error('told to stop'))
    await this.swarm.finish()
    expect(first.map(({ end }) => end)).toEqual(first.map(() => 'told to stop'))

    return { first, again: await this.goOn(first) }
  }

  async goOn(lives: readonly Life<ModestLearner>[]): Promise<Life<ModestLearner>[]> {
    for (const [i, keeper] of this.keepers.entries()) {
      expect(keeper.rests.at(-1)!.isLast).toBe(true)
      this.resume.set(i, keeper.last)
    }
    for (const { host } of lives) host.crash()

    return this.swarm.start(lives.length)
  }
}

const trained = ({ events }: Life<ModestLearner>): number[] =>
  events.flatMap((event) => (event.event === 'round:ended' ? event.round : []))

test.each([{ nodes: 1 }, { nodes: 8 }])(
  'a swarm of $nodes that stops goes on with the model that it had',
  async ({ nodes }) => {
    const members = new Members()
    const { first, again } = await members.stopAndGoOn(nodes, 15)
    const heldBefore = Math.max(...[...members.resume.values()].map(({ data }) => heldRound(data)))
    expect(heldBefore).toBeGreaterThan(10)
    await members.swarm.finish()

    expect(again.map(({ end }) => end)).toEqual(again.map(() => 'done'))
    for (const [i, life] of again.entries()) {
      const before = trained(first[i]!)
      expect(trained(life).every((round) => round > Math.max(0, ...before))).toBe(true)
      expect(life.learner.status.steps).toBe(INIT.localSteps * (before.length + trained(life).length))
    }
    // no round that the swarm had is done again
    const rounds = again.flatMap(trained)
    expect(Math.min(...rounds)).toBeGreaterThan(heldBefore - 1)
    expect(Math.max(...rounds)).toBe(ROUNDS)
    for (const { final } of members.trainers) expect(final).toEqual(members.trainers[0]!.final)
  }
)

test('a swarm that was stopped and comes back one by one has all of its members, the first as well', async () => {
  const members = new Members()
  const first = await members.swarm.start(6)
  const isThere = (): boolean => first.some(({ learner }) => learner.status.round >= 15)
  await members.swarm.simulator.run({ until: isThere, maxMs: 1_000_000 })
  for (const { abort } of first) abort.abort(new Error('told to stop'))
  await members.swarm.finish()
  for (const [i, keeper] of members.keepers.entries()) members.resume.set(i, keeper.last)
  for (const { host } of first) host.crash()
  const again = [members.swarm.join(0)]
  for (let i = 1; i < 6; i++) {
    members.swarm.simulator.schedule(400 * i, () => again.push(members.swarm.join(i)))
  }
  await members.swarm.simulator.run({ until: () => again.length === 6, maxMs: 1_000_000 })
  await members.swarm.finish()

  expect(again.map(({ end }) => end)).toEqual(again.map(() => 'done'))
  for (const { learner, name } of again) {
    const left = [...learner.view].filter(([, { status }]) => status === 'leave').map(([peer]) => peer)
    expect({ name, left }).toEqual({ name, left: [] })
  }
  expect(trained(again[0]!).length).toBeGreaterThan(0)
})

test('one that crashes goes on from a checkpoint, and takes part again', async () => {
  const members = new Members()
  const lives = await members.swarm.start(8)
  await members.swarm.simulator.run({ until: () => trained(lives[2]!).length >= 4, maxMs: 1_000_000 })
  members.resume.set(2, members.keepers[2]!.last)
  const before = trained(lives[2]!)
  members.swarm.crash(lives[2]!)
  const again = members.swarm.join(2)
  expect(await members.swarm.finish()).toBe('until')

  expect(again.end).toBe('done')
  expect(trained(again).length).toBeGreaterThan(0)
  expect(trained(again).some((round) => before.includes(round))).toBe(false)
  for (const { final } of members.trainers) expect(final).toEqual(members.trainers[0]!.final)
})

test('a swarm that was done trains no more, and gives its model to who comes', async () => {
  const members = new Members()
  const first = await members.swarm.start(4)
  await members.swarm.finish()
  const { final } = members.trainers[0]!
  // the last rest of a run that ends by itself, as of one that is told to
  const again = await members.goOn(first)
  const newcomer = members.swarm.join(4)
  await members.swarm.finish()

  expect([...again, newcomer].map(({ end }) => end)).toEqual(['done', 'done', 'done', 'done', 'done'])
  expect([...again, newcomer].flatMap(trained)).toEqual([])
  for (const trainer of members.trainers) expect(trainer.final).toEqual(final)
})

describe('the state of a member', () => {
  const members = new Members()

  test('is whole after a rest, and what it says comes back', async () => {
    await members.swarm.start(4)
    await members.swarm.finish()
    const { last } = members.keepers[1]!
    const read = readModestState(last, 1)

    expect(read.held!.isFinal).toBe(true)
    expect(read.view.members.map(([peer]) => peer).sort()).toEqual(['node0', 'node1', 'node2', 'node3'])
    expect(modestState(read, 1)).toEqual(last)
  })

  test.each([
    { id: 'another dim', code: 'ERR_CHECKPOINT_DIM', spoil: { vectors: { params: new Float32Array(2) } } },
    { id: 'a round without its model', code: 'ERR_CHECKPOINT_STATE', spoil: { vectors: {} } },
    { id: 'integers', code: 'ERR_CHECKPOINT_STATE', spoil: { vectors: { params: new Int32Array(1) } } },
    { id: 'nothing in it', code: 'ERR_CHECKPOINT_STATE', spoil: { data: {} } }
  ])('is refused with $id', ({ code, spoil }) => {
    const state = { ...members.keepers[1]!.last, ...spoil } as LearnerState

    expect(() => readModestState(state, 1)).toThrow(expect.objectContaining({ code }))
  })
})

function heldRound(data: LearnerState['data']): number {
  return (data as { held: { round: number } | null }).held?.round ?? 0
}
