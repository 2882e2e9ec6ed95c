import { describe, expect, test } from 'vitest'
import type { LearnerEvent } from '../../../src/interface/events.ts'
import { WaitRegister } from '../../../src/interface/waits.ts'
import { MODELS_TOPIC } from '../../../src/learners/gossip/exchange.ts'
import { type GossipInit, GossipLearner } from '../../../src/learners/gossip/learner.ts'
import { VectorHeap } from '../../../src/math/vector-heap.ts'
import { systemClock } from '../../../src/node/system-clock.ts'
import { parseTopology } from '../../../src/sampling/topology.ts'
import { encodeAnnouncement } from '../../../src/wire/announcement-codec.ts'
import { encodeModel } from '../../../src/wire/model-codec.ts'
import { MemoryHub, type MemoryNetwork } from '../../util/memory-network.ts'
import { QuadraticTrainer } from '../../util/quadratic-trainer.ts'

const DIM = 5

interface Member {
  network: MemoryNetwork
  trainer: QuadraticTrainer
  learner: GossipLearner
  waits: WaitRegister
  vectors: VectorHeap
  events: LearnerEvent[]
}

function swarm(
  n: number,
  init: Partial<GossipInit> = {},
  topology = 'regular:4'
): { hub: MemoryHub; members: Member[] } {
  const hub = new MemoryHub()
  const members = Array.from({ length: n }, (_, i) => {
    const network = hub.join(`peer${i}`)
    const trainer = new QuadraticTrainer(Array.from({ length: DIM }, (_, k) => (i + 1) * (k + 1)))
    const waits = new WaitRegister({ clock: systemClock })
    const vectors = new VectorHeap()
    const events: LearnerEvent[] = []
    const learner = new GossipLearner(
      { network, trainer, waits, vectors, clock: systemClock, emit: (event) => events.push(event) },
      {
        seed: 1,
        topology: parseTopology(topology),
        localSteps: 2,
        learningRate: { peak: 0.1, schedule: 'cosine' },
        budget: { rounds: 60 },
        settleRounds: 6,
        quorum: 0.5,
        evaluations: 10,
        evaluationLimit: 10,
        maxSenders: 64,
        lingerMs: 300,
        ...init
      }
    )
    return { network, trainer, learner, waits, vectors, events }
  })
  return { hub, members }
}

const optimum = (n: number, k: number) => ((n + 1) / 2) * (k + 1)

describe('a swarm of learners', () => {
  test.each(['ring', 'regular:4', 'full', 'random:2'])('agrees near the joint optimum over %s', async (topology) => {
    const { members } = swarm(8, { settleRounds: topology === 'ring' ? 30 : 10 }, topology)
    await Promise.all(members.map(({ learner }) => learner.run()))

    for (const { trainer } of members) {
      // alone, node 0 would be at 1 and node 7 at 8; the joint optimum is 4.5
      expect(trainer.params[0]).toBeGreaterThan(4)
      expect(trainer.params[0]).toBeLessThan(5)
      expect(trainer.params[4]! / optimum(8, 4)).toBeCloseTo(trainer.params[0]! / optimum(8, 0), 2)
    }
    const values = members.map(({ trainer }) => trainer.params[0]!)
    expect(Math.max(...values) - Math.min(...values)).toBeLessThan(0.15)
  })

  test('merges, evaluates ten times and at the end, and says when it is done', async () => {
    const { members } = swarm(6)
    await Promise.all(members.map(({ learner }) => learner.run()))

    for (const { events, learner } of members) {
      const rounds = events.filter((event) => event.event === 'round:ended')
      expect(rounds.filter(({ loss }) => loss !== null)).toHaveLength(60)
      // six to settle, and more for those who wait for the slowest
      expect(rounds.filter(({ loss }) => loss === null).length).toBeGreaterThanOrEqual(6)
      expect(rounds.reduce((sum, event) => sum + event.merged, 0)).toBeGreaterThan(60)
      expect(events.filter((event) => event.event === 'model:evaluated').map((event) => event.final)).toEqual([
        ...Array<boolean>(10).fill(false),
        true
      ])
      expect(events.filter((event) => event.event === 'phase:started').map((event) => event.phase)).toEqual([
        'train',
        'settle',
        'done'
      ])
      expect(learner.status).toMatchObject({ phase: 'done', steps: 120 })
    }
  })

  test('leaves no wait, listener, model or vector behind', async () => {
    const { members } = swarm(4)
    await Promise.all(members.map(({ learner }) => learner.run()))
    await new Promise((resolve) => setTimeout(resolve, 10))

    for (const { waits, network, vectors } of members) {
      expect(waits.list()).toEqual([])
      expect(network.listenerCount()).toBe(0)
      expect(network.offered()).toBeLessThanOrEqual(2)
      expect(vectors.usedBytes).toBe(0)
    }
  })
})

describe('peers that fail', () => {
  test('a dead peer holds nobody up', async () => {
    const { hub, members } = swarm(5)
    const abort = new AbortController()
    const victim = members[4]!.learner.run({ signal: abort.signal }).catch(() => undefined)
    const rest = members.slice(0, 4).map(({ learner }) => learner.run())
    await expect.poll(() => members[0]!.learner.status.round).toBeGreaterThan(5)
    hub.kill('peer4')
    abort.abort()
    await Promise.all([victim, ...rest])
    for (const { learner } of members.slice(0, 4)) expect(learner.status.phase).toBe('done')
  })

  test('a stuck peer, connected but silent, costs no deadline while a quorum answers', async () => {
    const { members } = swarm(5, { settleRounds: 0 }, 'full')
    members[4]!.network.frozen = true // and its learner never runs
    await Promise.all(members.slice(0, 4).map(({ learner }) => learner.run()))
    for (const { events } of members.slice(0, 4)) {
      const expired = events.filter((event) => event.event === 'wait:expired')
      expect(expired.map(({ what }) => what)).toEqual([
        expect.stringMatching(/peers to finish training$/),
        expect.stringMatching(/peers to finish$/)
      ])
    }
  })

  test('when everybody else is stuck, the wait says for whom, ends, and the rounds go on', async () => {
    const { members } = swarm(3, { budget: { rounds: 3 }, settleRounds: 0 }, 'full')
    const [alone, ...others] = members
    for (const { network } of others) network.frozen = true
    const run = alone!.learner.run()
    await expect.poll(() => alone!.waits.list()).toMatchObject([{ from: ['peer1', 'peer2'] }])
    expect(alone!.waits.list()[0]!.what).toBe('1 models of 2 neighbours after round 1')
    await run
    // silent peers are given up for good, not in every round again
    expect(alone!.events.filter((event) => event.event === 'wait:expired').length).toBeLessThanOrEqual(1)
    expect(alone!.learner.status.phase).toBe('done')
  }, 30_000)

  test('abort ends a run at once', async () => {
    const { members } = swarm(2, { budget: {} })
    const abort = new AbortController()
    const run = members[0]!.learner.run({ signal: abort.signal })
    await expect.poll(() => members[0]!.waits.list().length).toBe(1)
    abort.abort(new Error('enough'))
    await expect(run).rejects.toThrow('enough')
    expect(members[0]!.network.listenerCount()).toBe(0)
  })
})

describe('hostile peers', () => {
  test('a poisoned model and a garbled announcement are refused by code, and change nothing', async () => {
    const { hub, members } = swarm(3)
    const mallory = hub.join('mallory')
    const poison = encodeModel(new Float32Array(DIM).fill(Number.NaN))
    const ref = mallory.offer(poison)
    const run = Promise.all(members.map(({ learner }) => learner.run()))
    await mallory.publish(MODELS_TOPIC, encodeAnnouncement({ round: 1, ref, examples: 1e9, phase: 'train', to: [] }))
    await mallory.publish(MODELS_TOPIC, new Uint8Array(100))
    await mallory.publish(
      MODELS_TOPIC,
      encodeAnnouncement({ round: 2, ref: { ...ref, bytes: 2 ** 40 }, examples: 1, phase: 'train', to: [] })
    )
    await run

    for (const { network, events, trainer } of members) {
      expect(events).toContainEqual(
        expect.objectContaining({ event: 'model:rejected', peer: 'mallory', code: 'ERR_MODEL_NOT_FINITE' })
      )
      expect(network.rejections.map(({ code }) => code).sort()).toEqual([
        'ERR_ANNOUNCEMENT_BYTES',
        'ERR_ANNOUNCEMENT_MALFORMED',
        'ERR_MODEL_NOT_FINITE'
      ])
      expect(trainer.params.every(Number.isFinite)).toBe(true)
    }
  }, 30_000)
})
