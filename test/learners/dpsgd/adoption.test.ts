import { describe, expect, test } from 'vitest'
import { type DPSGDInit, DPSGDLearner } from '../../../src/learners/dpsgd/learner.ts'
import { Neighbourhood } from '../../../src/learners/dpsgd/neighbourhood.ts'
import { VirtualTrainer } from '../../../src/sim/virtual-trainer.ts'
import { QuadraticTrainer } from '../../util/quadratic-trainer.ts'
import { SimulatedSwarm, STEP_MS } from '../simulated-swarm.ts'

const ROUNDS = 10
const NODES = 8

/** @returns rounds that ended, and waits that expired, of each node */
async function play(init: Partial<DPSGDInit>, join: (swarm: SimulatedSwarm<DPSGDLearner>) => Promise<unknown>) {
  const swarm = new SimulatedSwarm(1, ({ i, host, waits, vectors, emit }) => {
    const trainer = new VirtualTrainer({ trainer: new QuadraticTrainer([i, -i]), host, stepMs: STEP_MS })
    const { network, clock } = host
    return new DPSGDLearner(
      { network, clock, waits, trainer, vectors, emit },
      {
        seed: 1,
        topology: { kind: 'ring' },
        localSteps: 2,
        learningRate: { peak: 0.1, schedule: 'constant' },
        budget: { rounds: ROUNDS },
        evaluations: 0,
        evaluationLimit: 10,
        lingerMs: 30_000,
        ...init
      }
    )
  })
  await join(swarm)
  await swarm.finish()

  return swarm.lives.map(({ events, end }) => ({
    end,
    rounds: events.filter(({ event }) => event === 'round:ended').length,
    expired: events.filter(({ event }) => event === 'wait:expired').length
  }))
}

describe('nobody waits for a neighbour that does not know of it', () => {
  const inStep = { end: 'done', rounds: ROUNDS, expired: 0 }

  test('when edges are drawn by one end', async () => {
    const members = Array.from({ length: NODES }, (_, i) => `node${i}`)
    const lives = await play({ members, topology: { kind: 'random', degree: 2 } }, (swarm) => swarm.start(NODES))

    expect(lives).toEqual(lives.map(() => inStep))
  })

  test('when nodes saw different members at their start', async () => {
    const lives = await play({}, async (swarm) => {
      await swarm.start(NODES - 1)
      await swarm.simulator.run({ maxMs: 1 })
      swarm.join(NODES - 1)
    })

    expect(lives).toEqual(lives.map(() => inStep))
  })
})

test('each peer is adopted once, and not without end', () => {
  const neighbourhood = new Neighbourhood(['a'])

  expect(neighbourhood.adopt('a')).toBe(false)
  expect([neighbourhood.adopt('b'), neighbourhood.adopt('b')]).toEqual([true, false])
  for (let i = 0; i < 1000; i++) neighbourhood.adopt(`stranger ${i}`)
  expect(neighbourhood.size).toBe(128)
})
