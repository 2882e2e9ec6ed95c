import { expect, test } from 'vitest'
import type { LearnerEvent } from '../../src/interface/events.ts'
import { WaitRegister } from '../../src/interface/waits.ts'
import { GossipLearner } from '../../src/learners/gossip/learner.ts'
import { VectorHeap } from '../../src/math/vector-heap.ts'
import { parseTopology } from '../../src/sampling/topology.ts'
import { DEFAULT_LINKS, type LinkSpec } from '../../src/sim/link-spec.ts'
import { Simulator } from '../../src/sim/simulator.ts'
import { VirtualTrainer } from '../../src/sim/virtual-trainer.ts'
import { QuadraticTrainer } from '../util/quadratic-trainer.ts'
import { NO_LEAKS } from './hosts.ts'

const NODES = 8

/** Eight learners, each of which would rather be at its own number: the mean of them is 4.5. */
async function swarm(seed: number, links: Partial<LinkSpec> = {}) {
  const simulator = new Simulator({ seed, links: { ...DEFAULT_LINKS, ...links } })
  const events: [number, LearnerEvent][] = []
  const members = Array.from({ length: NODES }, (_, i) => {
    const host = simulator.join(`node${i}`, { slowness: i === 3 ? 2 : 1 })
    const trainer = new VirtualTrainer({ trainer: new QuadraticTrainer([i + 1, 2 * (i + 1)]), host, stepMs: 20 })
    const { network, clock } = host
    const waits = new WaitRegister({ clock })
    const learner = new GossipLearner(
      { network, clock, waits, trainer, vectors: new VectorHeap(), emit: (event) => events.push([i, event]) },
      {
        seed: 1,
        topology: parseTopology('regular:4'),
        localSteps: 2,
        learningRate: { peak: 0.1, schedule: 'cosine' },
        budget: { rounds: 40 },
        settleRounds: 10,
        quorum: 0.5,
        evaluations: 5,
        evaluationLimit: 10,
        maxSenders: 64,
        lingerMs: 10_000
      }
    )
    return { host, learner, trainer, waits }
  })
  let done = 0
  const runs = members.map(({ learner }) => learner.run().finally(() => done++))
  const end = await simulator.run({ until: () => done === NODES, maxMs: 600_000 })
  await Promise.all(runs)

  return { simulator, members, events, end }
}

test('learners over the simulated network agree, and leave nothing behind', async () => {
  const { members, end, simulator } = await swarm(1)

  expect(end).toBe('until')
  const values = members.map(({ trainer }) => trainer.params[0]!)
  expect(Math.min(...values)).toBeGreaterThan(4)
  expect(Math.max(...values)).toBeLessThan(5)
  for (const { host, learner, waits } of members) {
    expect(learner.status).toMatchObject({ phase: 'done', steps: 80 })
    expect(host.leaks()).toEqual(NO_LEAKS)
    expect(waits.list()).toEqual([])
  }
  // 40 rounds of two steps of 20 ms, on the slow machine of 40
  expect(simulator.nowMs).toBeGreaterThan(3200)
})

test.each([{}, { loss: 0.1, duplication: 0.1, reordering: 0.2 }])(
  'and do the same again with links %o',
  async (links) => {
    const [a, b, c] = [await swarm(7, links), await swarm(7, links), await swarm(8, links)]

    expect(a.end).toBe('until')
    expect(b.simulator.digest).toBe(a.simulator.digest)
    expect(b.events).toEqual(a.events)
    expect(b.members.map(({ trainer }) => [...trainer.params])).toEqual(
      a.members.map(({ trainer }) => [...trainer.params])
    )
    expect(c.simulator.digest).not.toBe(a.simulator.digest)
  }
)
