import { expect, test } from 'vitest'
import { FedAvgLearner } from '../../../src/learners/fedavg/learner.ts'
import { VirtualStatelessTrainer } from '../../../src/sim/virtual-trainer.ts'
import { StatelessQuadraticTrainer } from '../../util/stateless-quadratic-trainer.ts'
import { SimulatedSwarm } from '../simulated-swarm.ts'

const NODES = 6
const ROUNDS = 40
/** Rounds are much shorter than the time in which an answer may come. */
const LINKS = { latency: { kind: 'constant', ms: 2 } as const, loss: 0.1 }

test('of rounds that are over, one word is under way to each node at most', async () => {
  const swarm = new SimulatedSwarm(
    5,
    ({ i, host, waits, vectors, emit }) => {
      const trainer = new VirtualStatelessTrainer({ trainer: new StatelessQuadraticTrainer([i]), host, stepMs: 1 })
      const { network, clock } = host
      return new FedAvgLearner(
        { network, clock, waits, trainer, vectors, emit },
        {
          seed: 1,
          sample: NODES / 2,
          successFraction: 0.5,
          localSteps: 1,
          learningRate: { peak: 0.1, schedule: 'constant' },
          budget: { rounds: ROUNDS },
          evaluations: 0,
          evaluationLimit: 1,
          lingerMs: 30_000
        }
      )
    },
    LINKS
  )
  const lives = await swarm.start(NODES)
  let most = 0
  await swarm.simulator.run({
    until: () => lives.every(({ end }) => end !== undefined),
    afterEvent: () => {
      for (const { waits } of lives) {
        const closings = waits.list().filter(({ what }) => what.endsWith('is over'))
        most = Math.max(most, closings.length)
        expect(new Set(closings.map(({ from }) => from[0])).size).toBe(closings.length)
      }
    }
  })

  expect(most).toBeGreaterThan(1)
  expect(lives.map(({ end }) => end)).toEqual(lives.map(() => 'done'))
})
