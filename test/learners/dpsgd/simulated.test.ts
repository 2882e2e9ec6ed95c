import { describe, expect, test } from 'vitest'
import { type DPSGDInit, DPSGDLearner } from '../../../src/learners/dpsgd/learner.ts'
import type { LinkSpec } from '../../../src/sim/link-spec.ts'
import { VirtualTrainer } from '../../../src/sim/virtual-trainer.ts'
import { NO_LEAKS } from '../../sim/hosts.ts'
import { QuadraticTrainer } from '../../util/quadratic-trainer.ts'
import { type Life, SimulatedSwarm, STEP_MS } from '../simulated-swarm.ts'

const NODES = 12
const names = Array.from({ length: NODES }, (_, i) => `node${i}`)
const BAD_LINKS = { loss: 0.1, duplication: 0.1, reordering: 0.2 }

function swarm(seed: number, init: Partial<DPSGDInit> = {}, links: Partial<LinkSpec> = {}) {
  const params = new Map<number, Float32Array>()
  const created = new SimulatedSwarm(
    seed,
    ({ i, host, waits, vectors, emit }) => {
      const real = new QuadraticTrainer([i + 1, 2 * (i + 1)])
      const trainer = new VirtualTrainer({ trainer: real, host, stepMs: STEP_MS })
      params.set(i, trainer.params)
      const { network, clock } = host
      return new DPSGDLearner(
        { network, clock, waits, trainer, vectors, emit },
        {
          seed: 1,
          topology: { kind: 'regular', degree: 4 },
          localSteps: 5,
          learningRate: { peak: 0.05, schedule: 'cosine' },
          budget: { rounds: 40 },
          evaluations: 5,
          evaluationLimit: 10,
          lingerMs: 30_000,
          members: names,
          ...init
        }
      )
    },
    links
  )
  return { swarm: created, params }
}

function rounds({ events }: Life<DPSGDLearner>): { round: number; merged: number }[] {
  return events.flatMap((event) =>
    event.event === 'round:ended' ? [{ round: event.round, merged: event.merged }] : []
  )
}

describe('over the simulated network', () => {
  test('every round merges every neighbour, a slow one included, and the models agree', async () => {
    const { swarm: simulated, params } = swarm(3)
    const lives = await simulated.start(NODES, (i) => (i === 4 ? 2 : 1))
    expect(await simulated.finish()).toBe('until')

    const expected = Array.from({ length: 40 }, (_, i) => ({ round: i + 1, merged: 4 }))
    for (const life of lives) expect(rounds(life)).toEqual(expected)
    for (const [value] of params.values()) {
      expect(value).toBeGreaterThan(6)
      expect(value).toBeLessThan(7)
    }
    for (const { host, waits, vectors } of lives) {
      expect(host.leaks()).toEqual(NO_LEAKS)
      expect(waits.list()).toEqual([])
      expect(vectors.usedBytes).toBe(0)
    }
    expect(simulated.overdue).toEqual([])
  })

  test('lost messages cost a neighbour a round now and then, never the step', async () => {
    const { swarm: simulated } = swarm(3, {}, BAD_LINKS)
    const lives = await simulated.start(NODES)
    expect(await simulated.finish()).toBe('until')
    for (const life of lives) {
      expect(life.end).toBe('done')
      const merged = rounds(life).reduce((sum, each) => sum + each.merged, 0)
      expect(merged / (4 * rounds(life).length)).toBeGreaterThan(0.9)
    }
    expect(simulated.overdue).toEqual([])
  })

  test('the same seed gives the same events', async () => {
    const runs = [swarm(5, {}, BAD_LINKS), swarm(5, {}, BAD_LINKS), swarm(6, {}, BAD_LINKS)]
    for (const each of runs) {
      await each.swarm.start(NODES)
      await each.swarm.finish()
    }
    const [a, b, c] = runs.map((each) => each.swarm)
    expect(b!.simulator.digest).toBe(a!.simulator.digest)
    expect(b!.lives.map(({ events }) => events)).toEqual(a!.lives.map(({ events }) => events))
    expect(c!.simulator.digest).not.toBe(a!.simulator.digest)
  })
})

describe('crashes', () => {
  test('cost each neighbour a deadline or two, and no more', async () => {
    const { swarm: simulated } = swarm(3)
    const lives = await simulated.start(NODES)
    const victims = [lives[2]!, lives[7]!]
    for (const victim of victims) simulated.simulator.schedule(2_000, () => simulated.crash(victim))
    expect(await simulated.finish()).toBe('until')

    for (const life of lives) {
      expect(life.end).toBe(victims.includes(life) ? 'crashed' : 'done')
      if (victims.includes(life)) continue
      expect(rounds(life).at(-1)!.round).toBe(40)
      expect(life.events.filter(({ event }) => event === 'wait:expired').length).toBeLessThanOrEqual(3)
    }
    // the graph has 24 edges; what the dead had is gone, everything else is merged again in the end
    const last = lives.filter((life) => !victims.includes(life)).map((life) => rounds(life).at(-1)!.merged)
    expect(last.reduce((sum, merged) => sum + merged, 0)).toBeGreaterThanOrEqual(2 * (24 - 8))
    expect(simulated.overdue).toEqual([])
  })

  test('one that comes back is in step again', async () => {
    const { swarm: simulated } = swarm(3, { budget: { rounds: 100 } })
    const lives = await simulated.start(NODES)
    simulated.simulator.schedule(2_000, () => simulated.crash(lives[2]!))
    simulated.simulator.schedule(30_000, () => simulated.join(2))
    expect(await simulated.finish()).toBe('until')
    const again = simulated.lives.at(-1)!
    expect(again).toMatchObject({ name: 'node2', end: 'done' })
    expect(rounds(again).length).toBeLessThan(90)
    expect(rounds(again).at(-1)).toEqual({ round: 100, merged: 4 })
    for (const life of lives.filter(({ name }) => name !== 'node2')) expect(rounds(life).at(-1)!.merged).toBe(4)
  })

  test('two halves that were cut apart find into step again', async () => {
    const { swarm: simulated } = swarm(3, { budget: { rounds: 150 } })
    const lives = await simulated.start(NODES)
    simulated.simulator.schedule(2_000, () => simulated.simulator.partition([names.slice(0, 5)]))
    simulated.simulator.schedule(20_000, () => simulated.simulator.heal())
    expect(await simulated.finish()).toBe('until')
    for (const life of lives) {
      expect(life.end).toBe('done')
      expect(rounds(life).at(-1)).toEqual({ round: 150, merged: 4 })
    }
    expect(simulated.overdue).toEqual([])
  })
})
