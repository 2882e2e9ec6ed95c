import { describe, expect, test } from 'vitest'
import { CodedError } from '../../../src/interface/errors.ts'
import type { LearnerEvent } from '../../../src/interface/events.ts'
import { WaitRegister } from '../../../src/interface/waits.ts'
import { type DPSGDInit, DPSGDLearner, NOTICE_PROTOCOL } from '../../../src/learners/dpsgd/learner.ts'
import { VectorHeap } from '../../../src/math/vector-heap.ts'
import { systemClock } from '../../../src/node/system-clock.ts'
import { neighbours, orderMembers, parseTopology } from '../../../src/sampling/topology.ts'
import { encodeModel } from '../../../src/wire/model-codec.ts'
import { decodeNoticeAnswer, encodeNotice, type ModelNotice, NO_DIGEST } from '../../../src/wire/notice-codec.ts'
import { MemoryHub, type MemoryNetwork } from '../../util/memory-network.ts'
import { QuadraticTrainer } from '../../util/quadratic-trainer.ts'

const SEED = 1

interface Member {
  network: MemoryNetwork
  trainer: QuadraticTrainer
  learner: DPSGDLearner
  waits: WaitRegister
  vectors: VectorHeap
  events: LearnerEvent[]
}

const target = (i: number) => [i * i, 1 - i]
const names = (n: number) => Array.from({ length: n }, (_, i) => `peer${i}`)

function join(hub: MemoryHub, i: number, init: Partial<DPSGDInit>, vectors = new VectorHeap()): Member {
  const network = hub.join(`peer${i}`)
  const trainer = new QuadraticTrainer(target(i))
  const waits = new WaitRegister({ clock: systemClock })
  const events: LearnerEvent[] = []
  const learner = new DPSGDLearner(
    { network, trainer, waits, vectors, clock: systemClock, emit: (event) => events.push(event) },
    {
      seed: SEED,
      topology: { kind: 'ring' },
      localSteps: 2,
      learningRate: { peak: 0.1, schedule: 'constant' },
      budget: { rounds: 20 },
      evaluations: 4,
      evaluationLimit: 10,
      lingerMs: 600,
      ...init
    }
  )
  return { network, trainer, learner, waits, vectors, events }
}

function swarm(n: number, init: Partial<DPSGDInit> = {}): { hub: MemoryHub; members: Member[] } {
  const hub = new MemoryHub()
  return { hub, members: names(n).map((_, i) => join(hub, i, init)) }
}

const run = (members: readonly Member[]) => Promise.all(members.map(({ learner }) => learner.run()))

type Named<E extends LearnerEvent['event']> = Extract<LearnerEvent, { event: E }>
function named<E extends LearnerEvent['event']>({ events }: Member, name: E): Named<E>[] {
  return events.filter((event): event is Named<E> => event.event === name)
}

/** By hand: two steps of 0.1 take a model 0.19 of the way, and then it becomes the mean of itself and its neighbours. */
function synchronousRounds(n: number, rounds: number, topology: string): number[][] {
  const ordered = orderMembers(names(n), SEED)
  const graph = names(n).map((self) =>
    neighbours(parseTopology(topology), { ordered, self, round: 0, seed: SEED }).map((peer) => Number(peer.slice(4)))
  )
  let models = names(n).map((_, i) => target(i).map(() => 0))
  for (let round = 0; round < rounds; round++) {
    const trained = models.map((model, i) => model.map((value, k) => 0.81 * value + 0.19 * target(i)[k]!))
    models = trained.map((own, i) =>
      own.map((value, k) => {
        const all = [value, ...graph[i]!.map((j) => trained[j]![k]!)]
        return all.reduce((sum, each) => sum + each, 0) / all.length
      })
    )
  }
  return models
}

describe('rounds', () => {
  test.each([
    { n: 4, rounds: 1, topology: 'ring' },
    { n: 4, rounds: 2, topology: 'ring' },
    { n: 4, rounds: 3, topology: 'ring' },
    { n: 7, rounds: 12, topology: 'regular:4' },
    { n: 5, rounds: 4, topology: 'full' }
  ])('$rounds over $topology of $n equal the synchronous average by hand', async ({ n, rounds, topology }) => {
    const { members } = swarm(n, { budget: { rounds }, topology: parseTopology(topology) })
    await run(members)

    const expected = synchronousRounds(n, rounds, topology)
    for (const [i, { trainer }] of members.entries()) {
      for (const [k, value] of expected[i]!.entries()) expect(trainer.params[k]).toBeCloseTo(value, 4)
    }
    // or else the test could not tell one round from the next
    expect(expected[0]![0]).not.toBeCloseTo(synchronousRounds(n, rounds + 1, topology)[0]![0]!, 2)
  })

  test('reach the common optimum', async () => {
    const { members } = swarm(6, { budget: { rounds: 120 }, topology: { kind: 'regular', degree: 4 } })
    for (const { trainer } of members) trainer.params.fill(100)
    await run(members)
    const mean = members.reduce((sum, { trainer }) => sum + trainer.params[0]!, 0) / 6
    expect(mean).toBeCloseTo((0 + 1 + 4 + 9 + 16 + 25) / 6, 3)
  })

  test('are told, evaluated, and leave nothing behind', async () => {
    const { members } = swarm(4)
    await run(members)
    for (const member of members) {
      expect(named(member, 'round:ended').map(({ round, merged }) => ({ round, merged }))).toEqual(
        Array.from({ length: 20 }, (_, i) => ({ round: i + 1, merged: 2 }))
      )
      expect(named(member, 'model:evaluated').map(({ round, final }) => [round, final])).toEqual([
        [5, false],
        [10, false],
        [15, false],
        [20, false],
        [20, true]
      ])
      expect(named(member, 'phase:started').map(({ phase }) => phase)).toEqual(['train', 'settle', 'done'])
      expect(named(member, 'wait:expired')).toEqual([])
      expect(member.learner.status).toEqual({ phase: 'done', round: 20, steps: 40 })
      expect(member.waits.list()).toEqual([])
      expect(member.network.listenerCount()).toBe(0)
      expect(member.network.offered()).toBeLessThanOrEqual(2)
      expect(member.vectors.usedBytes).toBe(0)
    }
  })

  test('with a budget in seconds, nodes that end a round apart do not wait for each other', async () => {
    const { members } = swarm(4, { budget: { seconds: 0.3 } })
    const startMs = systemClock.now()
    await run(members)
    expect(systemClock.now() - startMs).toBeLessThan(3_000)
    for (const member of members) expect(named(member, 'round:ended').length).toBeGreaterThan(3)
  })

  test('alone, a node trains by itself', async () => {
    const { members } = swarm(1, { budget: { rounds: 3 } })
    await run(members)
    expect(members[0]!.trainer.params[1]).toBeCloseTo(1 - 0.81 ** 3, 5)
  })
})

describe('neighbours that fail', () => {
  test('one that dies is not waited for', async () => {
    const { hub, members } = swarm(5, { topology: { kind: 'full' }, budget: { rounds: 40 } })
    const victim = members[2]!
    const abort = new AbortController()
    victim.trainer.train = async (steps) => {
      if (victim.learner.status.round < 5) return QuadraticTrainer.prototype.train.call(victim.trainer, steps, RATE)
      hub.kill('peer2')
      abort.abort(new Error('killed'))
      return { steps: 0, examples: 0, loss: 0 }
    }
    const rest = members.filter((member) => member !== victim)
    const [dead] = await Promise.allSettled([victim.learner.run({ signal: abort.signal }), run(rest)])
    expect(dead).toMatchObject({ reason: { message: 'killed' } })
    for (const member of rest) {
      expect(named(member, 'wait:expired')).toEqual([])
      expect(named(member, 'round:ended').map(({ merged }) => merged)).toEqual([
        ...Array<number>(5).fill(4),
        ...Array<number>(35).fill(3)
      ])
    }
    expect(victim.network.listenerCount()).toBe(0)
    expect(victim.vectors.usedBytes).toBe(0)
  })

  test('one that is stuck costs one deadline, by name, and is taken back when it is heard from', async () => {
    const { members } = swarm(4, { budget: { rounds: 60 } })
    const [paused] = members as [Member]
    const held = Promise.withResolvers<void>()
    const others = members.slice(1)
    // rounds of 15 ms, so that there are rounds left when it is back
    for (const { trainer } of members) {
      trainer.train = async (steps) => {
        await new Promise((resolve) => setTimeout(resolve, 15))
        if (trainer === paused.trainer && paused.learner.status.round === 5) {
          paused.network.frozen = true
          await held.promise
          paused.network.frozen = false
        }
        return QuadraticTrainer.prototype.train.call(trainer, steps, RATE)
      }
    }
    const running = run(members)
    const neighboursOf = others.filter((member) => expectsPaused(member))
    expect(neighboursOf).toHaveLength(2)
    await expect
      .poll(() => neighboursOf.map((member) => named(member, 'wait:expired').length), {
        timeout: 8_000
      })
      .toEqual([1, 1])
    expect(named(neighboursOf[0]!, 'wait:expired')[0]).toMatchObject({
      what: expect.stringMatching(/^models of round \d+ of \d of 2 neighbours$/),
      from: ['peer0']
    })
    await expect.poll(() => others[0]!.learner.status.round, { timeout: 15_000 }).toBeGreaterThan(15)
    held.resolve()
    await running

    // having told of its own round, it heard of theirs, and went on with that
    const rounds = named(paused, 'round:ended').map(({ round }) => round)
    expect(rounds.filter((round) => round > 7 && round < 15)).toEqual([])
    expect(rounds).toHaveLength(new Set(rounds).size)
    expect(rounds.at(-1)).toBe(60)
    for (const member of [paused, ...neighboursOf]) expect(named(member, 'round:ended').at(-1)!.merged).toBe(2)
  }, 20_000)

  function expectsPaused({ network }: Member): boolean {
    const ordered = orderMembers(names(4), SEED)
    return neighbours({ kind: 'ring' }, { ordered, self: network.self, round: 0, seed: SEED }).includes('peer0')
  }

  test('a node that starts again joins in the round of its neighbours', async () => {
    const { hub, members } = swarm(4, { budget: { rounds: 80 }, members: names(4) })
    for (const { trainer } of members) slow(trainer)
    const abort = new AbortController()
    const first = members[0]!.learner.run({ signal: abort.signal })
    const rest = run(members.slice(1))
    await expect.poll(() => members[1]!.learner.status.round).toBeGreaterThan(5)
    hub.kill('peer0')
    abort.abort(new Error('killed'))
    await expect(first).rejects.toThrow('killed')
    await expect.poll(() => members[1]!.learner.status.round).toBeGreaterThan(15)
    const again = join(hub, 0, { budget: { rounds: 80 }, members: names(4) })
    slow(again.trainer)
    await Promise.all([again.learner.run(), rest])
    const ended = named(again, 'round:ended')
    expect(ended.length).toBeLessThan(70)
    expect(ended.at(-1)).toMatchObject({ round: 80, merged: 2 })
  }, 20_000)

  test('abort ends a run at once, in the middle of a wait', async () => {
    const { members } = swarm(2, { budget: {} })
    members[1]!.network.frozen = true
    const abort = new AbortController()
    const running = members[0]!.learner.run({ signal: abort.signal })
    await expect
      .poll(() => members[0]!.waits.list().map(({ what }) => what))
      .toContain('models of round 1 of 1 of 1 neighbours')
    abort.abort(new Error('enough'))
    await expect(running).rejects.toThrow('enough')
    expect(members[0]!.waits.list()).toEqual([])
    expect(members[0]!.network.listenerCount()).toBe(0)
    expect(members[0]!.vectors.usedBytes).toBe(0)
  })
})

describe('notices', () => {
  test('late, far ahead, from no neighbour, garbled, poisoned: none is merged', async () => {
    const { hub, members } = swarm(2, { budget: { rounds: 40 } })
    const [alice, mallory] = members as [Member, Member]
    const stranger = hub.join('stranger')
    const poison = mallory.network.offer(encodeModel(Float32Array.of(Number.NaN, 0)))
    const init = { budget: { rounds: 40 }, members: ['peer0', 'peer1'] }
    hub.kill('peer0')
    const again = join(hub, 0, init)
    const notice = (round: number, change: Partial<ModelNotice> = {}): Uint8Array =>
      encodeNotice({ kind: 'trained', round, ref: poison, examples: 1, members: [], digest: NO_DIGEST, ...change })
    const say = async (bytes: Uint8Array, from = mallory.network) =>
      decodeNoticeAnswer(await from.request('peer0', NOTICE_PROTOCOL, bytes))
    mallory.network.handle(NOTICE_PROTOCOL, { request: async () => Uint8Array.of(1, 0, 0, 0, 0, 0) })
    const abort = new AbortController()
    const running = again.learner.run({ signal: abort.signal })
    await expect.poll(() => again.learner.status.round).toBe(1)

    expect(await say(notice(0))).toEqual({ taken: false, round: 1 })
    expect(await say(notice(1), stranger)).toEqual({ taken: false, round: 1 })
    await expect(say(notice(41))).rejects.toMatchObject({ code: 'ERR_STREAM_CLOSED' })
    await expect(say(new Uint8Array(9))).rejects.toMatchObject({ code: 'ERR_STREAM_CLOSED' })
    expect(again.network.rejections.map(({ code }) => code)).toEqual(['ERR_NOTICE_ROUND', 'ERR_NOTICE_MALFORMED'])
    expect(await say(notice(1))).toEqual({ taken: true, round: 1 })
    await expect
      .poll(() => named(again, 'model:rejected'))
      .toMatchObject([{ peer: 'peer1', code: 'ERR_MODEL_NOT_FINITE', verdict: 'penalise' }])
    // which ends the wait for it: it has nothing better for this round
    await expect.poll(() => named(again, 'round:ended').length).toBeGreaterThan(0)
    expect(named(again, 'round:ended')[0]).toMatchObject({ round: 1, merged: 0 })
    abort.abort(new Error('enough'))
    await Promise.allSettled([running])
    expect(again.trainer.params.every(Number.isFinite)).toBe(true)
    expect(alice.learner.status.phase).toBe('idle')
  })
})

const RATE = { learningRate: 0.1 }

/** Rounds of 15 ms. */
function slow(trainer: QuadraticTrainer): void {
  trainer.train = async (steps) => {
    await new Promise((resolve) => setTimeout(resolve, 15))
    return QuadraticTrainer.prototype.train.call(trainer, steps, RATE)
  }
}

test('a node without room for all models goes on with those that fit', async () => {
  class SmallHeap extends VectorHeap {
    #count = 0

    override allocate(length: number): Float32Array {
      if (this.#count >= 3) throw new CodedError('ERR_MEMORY_EXHAUSTED', 'full')
      this.#count++
      return super.allocate(length)
    }

    override free(vector: Float32Array): void {
      this.#count--
      super.free(vector)
    }
  }
  const hub = new MemoryHub()
  const init: Partial<DPSGDInit> = { topology: { kind: 'full' }, budget: { rounds: 3 } }
  const members = [...names(5).keys()].map((i) => join(hub, i, init, i === 0 ? new SmallHeap() : undefined))
  await run(members)

  expect(named(members[0]!, 'round:ended').map(({ merged }) => merged)).toEqual([2, 2, 2])
  expect(named(members[1]!, 'round:ended').map(({ merged }) => merged)).toEqual([4, 4, 4])
  expect(members[0]!.vectors.usedBytes).toBe(0)
})
