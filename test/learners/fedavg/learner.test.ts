import { describe, expect, test } from 'vitest'
import type { LearnerEvent } from '../../../src/interface/events.ts'
import { WaitRegister } from '../../../src/interface/waits.ts'
import { type FedAvgInit, FedAvgLearner } from '../../../src/learners/fedavg/learner.ts'
import { drawOrder } from '../../../src/learners/fedavg/server.ts'
import { NOTICE_PROTOCOL } from '../../../src/learners/fedavg/session.ts'
import { VectorHeap } from '../../../src/math/vector-heap.ts'
import { systemClock } from '../../../src/node/system-clock.ts'
import { orderMembers } from '../../../src/sampling/topology.ts'
import { encodeModel } from '../../../src/wire/model-codec.ts'
import { decodeNoticeAnswer, encodeNotice, type ModelNotice, NO_DIGEST } from '../../../src/wire/notice-codec.ts'
import { MemoryHub, type MemoryNetwork } from '../../util/memory-network.ts'
import { StatelessQuadraticTrainer } from '../../util/stateless-quadratic-trainer.ts'

const SEED = 1

interface Member {
  network: MemoryNetwork
  trainer: StatelessQuadraticTrainer
  learner: FedAvgLearner
  waits: WaitRegister
  vectors: VectorHeap
  events: LearnerEvent[]
}

interface Swarm {
  hub: MemoryHub
  members: Member[]
  server: Member
  others: Member[]
}

const target = (i: number) => [i + 1, 10 * (i + 1)]

function join(hub: MemoryHub, i: number, init: Partial<FedAvgInit>, examples = 100): Member {
  const network = hub.join(`peer${i}`)
  const trainer = new StatelessQuadraticTrainer(target(i), examples)
  const waits = new WaitRegister({ clock: systemClock })
  const vectors = new VectorHeap()
  const events: LearnerEvent[] = []
  const learner = new FedAvgLearner(
    { network, trainer, waits, vectors, clock: systemClock, emit: (event) => events.push(event) },
    {
      seed: SEED,
      sample: 4,
      successFraction: 1,
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

function swarm(n: number, init: Partial<FedAvgInit> = {}, examples: (i: number) => number = () => 100): Swarm {
  const hub = new MemoryHub()
  const members = Array.from({ length: n }, (_, i) => join(hub, i, init, examples(i)))
  const first = orderMembers(
    members.map(({ network }) => network.self),
    SEED
  )[0]
  const server = members.find(({ network }) => network.self === first)!
  return { hub, members, server, others: members.filter((member) => member !== server) }
}

const run = (members: readonly Member[]) => Promise.all(members.map(({ learner }) => learner.run()))

type Named<E extends LearnerEvent['event']> = Extract<LearnerEvent, { event: E }>
function named<E extends LearnerEvent['event']>({ events }: Member, name: E): Named<E>[] {
  return events.filter((event): event is Named<E> => event.event === name)
}

describe('rounds', () => {
  test('with everyone in each, they are gradient descent on the mean of all, weighted by examples', async () => {
    const examples = (i: number): number => [100, 300, 50][i]!
    const { members } = swarm(3, { sample: 3 }, examples)
    await run(members)

    // by hand: a round takes each model 0.19 of the way to its own target, and the mean is weighted 100 : 300 : 50
    const optimum = (100 * 1 + 300 * 2 + 50 * 3) / 450
    const expected = optimum * (1 - 0.81 ** 20)
    for (const { trainer } of members) {
      expect(trainer.final![0]).toBeCloseTo(expected, 5)
      expect(trainer.final![1]! / trainer.final![0]!).toBeCloseTo(10, 5)
      expect(trainer.trained).toEqual(Array.from({ length: 20 }, (_, i) => i + 1))
    }
  })

  test('a sample trains, and everybody ends with the same model near the optimum of all', async () => {
    const { members, server } = swarm(12, { budget: { rounds: 100 } })
    await run(members)

    const [final] = server.trainer.final!
    expect(final).toBeGreaterThan(4.5)
    expect(final).toBeLessThan(8.5)
    for (const member of members) {
      expect(member.trainer.final).toEqual(server.trainer.final)
      expect(member.learner.status.phase).toBe('done')
      expect(named(member, 'model:evaluated').filter((event) => event.final)).toHaveLength(1)
      expect(named(member, 'round:ended').map(({ round }) => round)).toEqual(member.trainer.trained)
      expect(member.learner.status.steps).toBe(2 * member.trainer.trained.length)
    }
    expect(members.flatMap(({ trainer }) => trainer.trained)).toHaveLength(400)
    expect(named(server, 'model:aggregated').every(({ merged, expected }) => merged === 4 && expected === 4)).toBe(true)
    expect(named(server, 'model:evaluated').map(({ round }) => round)).toEqual([25, 50, 75, 100, 100])
  })

  test('the same nodes are drawn each time', async () => {
    const first = swarm(8)
    const second = swarm(8)
    await run(first.members)
    await run(second.members.toReversed())

    const trained = ({ members }: Swarm) => members.map(({ trainer }) => trainer.trained)
    expect(trained(second)).toEqual(trained(first))
    const names = first.members.map(({ network }) => network.self)
    expect(trained(first)).toEqual(
      names.map((name) =>
        Array.from({ length: 20 }, (_, i) => i + 1).filter((round) =>
          drawOrder(names.toReversed(), SEED, round).slice(0, 4).includes(name)
        )
      )
    )
  })

  test('the budget may be in seconds', async () => {
    const { members, server } = swarm(4, { budget: { seconds: 0.3 } })
    await run(members)
    expect(named(server, 'model:aggregated').length).toBeGreaterThan(3)
    expect(named(server, 'phase:started').map(({ phase }) => phase)).toEqual(['train', 'settle', 'done'])
    for (const { trainer } of members) expect(trainer.final).toEqual(server.trainer.final)
  })

  test('leave no wait, listener or vector behind, and the final model alone on offer', async () => {
    const { members, server } = swarm(6)
    await run(members)
    for (const member of members) {
      expect(member.waits.list()).toEqual([])
      expect(member.network.listenerCount()).toBe(0)
      expect(member.vectors.usedBytes).toBe(0)
      expect(member.network.offered()).toBeLessThanOrEqual(1)
    }
    expect(server.network.offered()).toBe(1)
  })
})

describe('participants that fail', () => {
  test('one that dies while it trains is not waited for', async () => {
    const { hub, members, server, others } = swarm(4, { budget: { rounds: 10 } })
    const victim = others[0]!
    const stuck = Promise.withResolvers<void>()
    const abort = new AbortController()
    victim.trainer.hold = (round) => (round === 4 ? stuck.promise : undefined)
    const runs = members.map((member) => member.learner.run(member === victim ? { signal: abort.signal } : {}))
    await expect.poll(() => victim.trainer.trained.length).toBeGreaterThan(2)
    victim.trainer.hold = () => stuck.promise
    await expect
      .poll(() => server.waits.list().find(({ what }) => what.startsWith('4 of 4'))?.from)
      .toEqual([victim.network.self])
    hub.kill(victim.network.self)
    abort.abort(new Error('killed'))
    stuck.resolve()
    const results = await Promise.allSettled(runs)

    expect(results.filter(({ status }) => status === 'rejected')).toHaveLength(1)
    expect(named(server, 'wait:expired')).toEqual([])
    expect(named(server, 'model:aggregated').at(-1)).toMatchObject({ round: 10, merged: 3, expected: 3 })
    expect(victim.network.listenerCount()).toBe(0)
    expect(victim.vectors.usedBytes).toBe(0)
  })

  test('one that hangs costs the deadline, by name, and the round goes on with what has come', async () => {
    const { members, server, others } = swarm(4, { budget: { rounds: 8 } })
    const victim = others[0]!
    const stuck = Promise.withResolvers<void>()
    victim.trainer.hold = (round) => (round === 4 ? stuck.promise : undefined)
    const running = run(members)
    await expect
      .poll(() => named(server, 'wait:expired'), { timeout: 5_000 })
      .toMatchObject([{ what: '4 of 4 models of round 4', from: [victim.network.self] }])
    stuck.resolve()
    await running

    const merged = named(server, 'model:aggregated').map((event) => event.merged)
    expect(merged.filter((count) => count === 3).length).toBeGreaterThanOrEqual(1)
    expect(merged.at(-1)).toBe(4)
    // the round that it missed was not trained, let alone twice
    expect(new Set(victim.trainer.trained).size).toBe(victim.trainer.trained.length)
    expect(victim.trainer.final).toEqual(server.trainer.final)
  }, 20_000)

  test('with a success fraction, nobody waits for the one that hangs', async () => {
    const { members, server, others } = swarm(4, { successFraction: 0.7, budget: { rounds: 8 } })
    const stuck = Promise.withResolvers<void>()
    others[0]!.trainer.hold = () => stuck.promise
    const running = run(members)
    await expect.poll(() => server.learner.status.phase).toBe('settle')
    stuck.resolve()
    await running
    expect(named(server, 'wait:expired')).toEqual([])
    expect(named(server, 'model:aggregated').every(({ merged }) => merged === 3)).toBe(true)
    expect(others[0]!.trainer.final).toEqual(server.trainer.final)
  })

  test('one that never answers is replaced', async () => {
    const { members, server, others } = swarm(6, { sample: 3, budget: { rounds: 3 }, successFraction: 1 })
    const names = members.map(({ network }) => network.self)
    const isDrawn = (round: number, name: string) => drawOrder(names, SEED, round).slice(0, 3).includes(name)
    // not in the first round, in which nodes may still be starting and are asked for longer
    const silent = others.find(({ network: { self } }) => !isDrawn(1, self) && isDrawn(2, self))!
    silent.network.handle(NOTICE_PROTOCOL, { request: async () => Promise.reject(new Error('no')) })
    await run(members.filter((member) => member !== silent))
    expect(named(server, 'model:aggregated')[1]).toMatchObject({ round: 2, merged: 3, expected: 3 })
    expect(named(server, 'wait:expired').filter(({ what }) => what.includes('round'))).toEqual([])
  }, 20_000)
})

describe('a server that fails', () => {
  test('when it dies, every node says so and ends', async () => {
    const { hub, server, others } = swarm(4, { budget: {} })
    const abort = new AbortController()
    const serving = server.learner.run({ signal: abort.signal })
    const rest = others.map(({ learner }) => learner.run())
    const results = Promise.allSettled(rest)
    await expect.poll(() => server.learner.status.round).toBeGreaterThan(3)
    hub.kill(server.network.self)
    abort.abort(new Error('killed'))
    await expect(serving).rejects.toThrow('killed')
    await expect
      .poll(() => others[0]!.waits.list())
      .toMatchObject([
        { what: expect.stringMatching(/^a word of the server after round \d+$/), from: [server.network.self] }
      ])
    for (const result of await results) expect(result).toMatchObject({ reason: { code: 'ERR_SERVER_LOST' } })
    for (const { network, vectors, waits } of others) {
      expect(network.listenerCount()).toBe(0)
      expect(vectors.usedBytes).toBe(0)
      expect(waits.list()).toEqual([])
    }
  })

  test('when it is stuck, it is asked, and given up', async () => {
    const { server, others } = swarm(3, { lingerMs: 300 })
    server.network.frozen = true // and never runs
    const results = await Promise.allSettled(others.map(({ learner }) => learner.run()))
    for (const result of results) expect(result).toMatchObject({ reason: { code: 'ERR_SERVER_LOST' } })
    for (const member of others) {
      expect(named(member, 'wait:expired')[0]).toMatchObject({
        what: 'a sign of life of the server',
        from: [server.network.self]
      })
    }
  })

  test('a node that is not drawn for long asks, and stays', async () => {
    const { members, server, others } = swarm(3, { lingerMs: 150, sample: 1, budget: { rounds: 3 } })
    const held = Promise.withResolvers<void>()
    for (const { trainer } of members) trainer.hold = () => held.promise
    const running = run(members)
    await new Promise((resolve) => setTimeout(resolve, 600)) // four times what a lost server is given
    held.resolve()
    await running
    for (const { trainer } of others) expect(trainer.final).toEqual(server.trainer.final)
  })

  test('when it starts again without its model, it does not pretend', async () => {
    const { hub, server, others } = swarm(4, { budget: {} })
    const abort = new AbortController()
    const serving = server.learner.run({ signal: abort.signal })
    const rest = Promise.allSettled(others.map(({ learner }) => learner.run()))
    // each must have taken part, or it can't know
    await expect.poll(() => Math.min(...others.map(({ trainer }) => trainer.trained.length))).toBeGreaterThan(3)
    hub.kill(server.network.self)
    abort.abort(new Error('killed'))
    await expect(serving).rejects.toThrow('killed')
    const again = join(hub, Number(server.network.self.slice(4)), { budget: {} })
    await expect(again.learner.run()).rejects.toMatchObject({ code: 'ERR_SERVER_LOST' })
    await rest
  })
})

describe('notices', () => {
  const notice = (init: Partial<ModelNotice> & Pick<ModelNotice, 'kind' | 'round' | 'ref'>): Uint8Array =>
    encodeNotice({ examples: 100, members: [], digest: NO_DIGEST, ...init })
  const model = encodeModel(Float32Array.of(1, 1))

  /** A participant whose server is this test. */
  async function participant() {
    const { hub, server, others } = swarm(2)
    const [{ learner, trainer, network }] = others as [Member]
    const got: { kind: number; round: number }[] = []
    server.network.handle(NOTICE_PROTOCOL, {
      request: async (_, bytes) => {
        got.push({ kind: bytes[1]!, round: new DataView(bytes.buffer, bytes.byteOffset).getUint32(4, true) })
        return Uint8Array.of(1, 1, 0, 0, 0, 0)
      }
    })
    const abort = new AbortController()
    const running = learner.run({ signal: abort.signal })
    const say = async (bytes: Uint8Array, from = server.network) =>
      decodeNoticeAnswer(await from.request(network.self, NOTICE_PROTOCOL, bytes))
    const end = async () => {
      abort.abort(new Error('enough'))
      await expect(running).rejects.toThrow('enough')
    }
    return { hub, server, trainer, network, say, end, got, ref: server.network.offer(model) }
  }

  test('the same twice is taken twice and trained once; a late one and a stranger are refused', async () => {
    const { hub, trainer, say, end, got, ref, server } = await participant()
    const third = notice({ kind: 'aggregated', round: 3, ref })
    expect(await say(third)).toEqual({ taken: true, round: 3 })
    expect(await say(third)).toEqual({ taken: true, round: 3 })
    await expect.poll(() => got).toEqual([{ kind: 0, round: 3 }])
    expect(await say(third)).toEqual({ taken: true, round: 3 })
    expect(await say(notice({ kind: 'aggregated', round: 2, ref }))).toEqual({ taken: false, round: 3 })
    // another model for the round it has: not trained either
    const other = server.network.offer(encodeModel(Float32Array.of(2, 2)))
    expect(await say(notice({ kind: 'aggregated', round: 3, ref: other }))).toEqual({ taken: false, round: 3 })

    const stranger = hub.join('stranger')
    const fourth = notice({ kind: 'aggregated', round: 4, ref })
    expect(await say(fourth, stranger)).toEqual({ taken: false, round: 3 })
    expect(await say(notice({ kind: 'final', round: 4, ref }), stranger)).toEqual({ taken: false, round: 3 })
    await new Promise((resolve) => setTimeout(resolve, 30))
    expect(trainer.trained).toEqual([3])
    await end()
  })

  test('one beyond the budget is refused by the window', async () => {
    const { network, say, end, ref } = await participant()
    await expect(say(notice({ kind: 'aggregated', round: 21, ref }))).rejects.toMatchObject({
      code: 'ERR_STREAM_CLOSED'
    })
    expect(network.rejections).toMatchObject([{ code: 'ERR_NOTICE_ROUND' }])
    await end()
  })

  test('a newer round overtakes the one being trained, and so does the end of it', async () => {
    const { trainer, say, end, got, ref } = await participant()
    const held = Promise.withResolvers<void>()
    trainer.hold = () => held.promise
    await say(notice({ kind: 'aggregated', round: 3, ref }))
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(await say(notice({ kind: 'aggregated', round: 5, ref }))).toEqual({ taken: true, round: 5 })
    held.resolve()
    await expect.poll(() => trainer.trained).toEqual([5])
    await expect.poll(() => got.map(({ round }) => round)).toEqual([5])

    const heldAgain = Promise.withResolvers<void>()
    trainer.hold = () => heldAgain.promise
    await say(notice({ kind: 'aggregated', round: 6, ref }))
    await new Promise((resolve) => setTimeout(resolve, 20))
    await say(notice({ kind: 'closed', round: 6, ref }))
    heldAgain.resolve()
    await new Promise((resolve) => setTimeout(resolve, 30))
    expect(trainer.trained).toEqual([5])
    await end()
  })

  test('a server takes a model once, from whom it invited, for the round that it is in', async () => {
    const { server, others } = swarm(2, { sample: 2, budget: { rounds: 2 } })
    const [{ network }] = others as [Member]
    const ref = network.offer(model)
    const invited: number[] = []
    network.handle(NOTICE_PROTOCOL, {
      request: async (_, bytes) => {
        invited.push(bytes[1]!)
        return Uint8Array.of(1, 1, 0, 0, 0, 0)
      }
    })
    const held = Promise.withResolvers<void>()
    server.trainer.hold = () => held.promise
    const abort = new AbortController()
    const running = server.learner.run({ signal: abort.signal })
    const say = async (round: number) =>
      decodeNoticeAnswer(
        await network.request(server.network.self, NOTICE_PROTOCOL, notice({ kind: 'trained', round, ref }))
      )
    await expect.poll(() => invited.length).toBe(1)
    expect(await say(1)).toEqual({ taken: true, round: 1 })
    expect(await say(1)).toEqual({ taken: true, round: 1 })
    expect(await say(0)).toEqual({ taken: false, round: 1 })
    await expect(say(2)).rejects.toMatchObject({ code: 'ERR_STREAM_CLOSED' })
    const pulled = network.traffic().sent
    expect(pulled).toBeLessThan(2 * model.byteLength + 300) // once
    abort.abort(new Error('enough'))
    held.resolve()
    await expect(running).rejects.toThrow('enough')
    expect(server.vectors.usedBytes).toBe(0)
  })
})
