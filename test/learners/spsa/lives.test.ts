import { expect, test } from 'vitest'
import type { LearnerEvent } from '../../../src/interface/events.ts'
import type { Learner } from '../../../src/interface/learner.ts'
import { createProjectionLearner } from '../../../src/node/projection-learner.ts'
import { SimulatedSigning } from '../../../src/sim/signing.ts'
import { VirtualTrainer } from '../../../src/sim/virtual-trainer.ts'
import { projectionJob } from '../../spsa/job-replica.ts'
import { QuadraticTrainer } from '../../util/quadratic-trainer.ts'
import { type Life, SimulatedSwarm, STEP_MS } from '../simulated-swarm.ts'

const NODES = 4
const STEPS = 120
const job = projectionJob(NODES, STEPS, { range: { lo: 2 ** -8, hi: 2 ** 8 }, batchProjections: 8 })

/** Nodes without a disk: whoever comes back has forgotten its own log. */
function swarm(): SimulatedSwarm<Learner> {
  const signing = new SimulatedSigning()

  return new SimulatedSwarm<Learner>(7, ({ i, host, waits, vectors, emit }) => {
    const trainer = new VirtualTrainer({ trainer: new QuadraticTrainer([1, -1, i / NODES]), host, stepMs: STEP_MS })
    const parts = { network: host.network, clock: host.clock, waits, vectors, emit, signing: signing.of(`node${i}`) }

    return createProjectionLearner(job, parts, trainer)
  })
}

const finalOf = ({ events }: Life<Learner>): Extract<LearnerEvent, { event: 'replica:measured' }> | undefined =>
  events.filter((event) => event.event === 'replica:measured').find(({ final }) => final)

test('a node that lost its log has it back from the others, and goes on where it was', async () => {
  const nodes = swarm()
  const lives = await nodes.start(NODES)
  nodes.simulator.schedule(1200, () => nodes.crash(lives[1]!))
  nodes.simulator.schedule(1500, () => lives.push(nodes.join(1)))
  await nodes.finish()

  const ends = [lives[0]!, lives[2]!, lives[3]!, lives[4]!]
  expect(ends.map(({ end }) => end)).toEqual(['done', 'done', 'done', 'done'])
  expect(nodes.lives.flatMap(({ events }) => events).filter(({ event }) => event === 'author:voided')).toEqual([])
  expect(new Set(ends.map((life) => finalOf(life)!.modelHash)).size).toBe(1)
  // it did not begin again at 0, nor did it write more than the job gives it
  expect(finalOf(lives[4]!)!.payloadBytes).toBe(STEPS)
  expect(finalOf(lives[4]!)!.projections).toBe(NODES * STEPS)
  const first = lives[4]!.events.find(({ event }) => event === 'round:ended')
  expect(first).toMatchObject({ round: expect.toSatisfy((round: number) => round > 1 && round < STEPS) })
  expect(nodes.overdue).toEqual([])
})

test('a neighbour that is connected and never says a word is given up, with its name', async () => {
  const nodes = swarm()
  const lives = await nodes.start(NODES)
  const mute = nodes.simulator.join('mute')
  expect(mute.isAlive).toBe(true)
  await nodes.finish()

  expect(lives.map(({ end }) => end)).toEqual(lives.map(() => 'done'))
  expect(new Set(lives.map((life) => finalOf(life)!.modelHash)).size).toBe(1)
  const told = lives.flatMap(({ events }) => events.filter((event) => event.event === 'wait:expired'))
  expect(told.length).toBeGreaterThan(0)
  for (const { from } of told) expect(from).toContain('mute')
})
