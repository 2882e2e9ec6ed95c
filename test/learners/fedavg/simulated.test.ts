import { describe, expect, test } from 'vitest'
import { type FedAvgInit, FedAvgLearner } from '../../../src/learners/fedavg/learner.ts'
import { orderMembers } from '../../../src/sampling/topology.ts'
import type { LinkSpec } from '../../../src/sim/link-spec.ts'
import { VirtualStatelessTrainer } from '../../../src/sim/virtual-trainer.ts'
import { NO_LEAKS } from '../../sim/hosts.ts'
import { StatelessQuadraticTrainer } from '../../util/stateless-quadratic-trainer.ts'
import { SimulatedSwarm, STEP_MS } from '../simulated-swarm.ts'

const NODES = 20
const SEED = 1
const names = Array.from({ length: NODES }, (_, i) => `node${i}`)
const SERVER = orderMembers(names, SEED)[0]!
const BAD_LINKS = { loss: 0.1, duplication: 0.1, reordering: 0.2 }

function swarm(seed: number, init: Partial<FedAvgInit> = {}, links: Partial<LinkSpec> = {}) {
  const finals = new Map<number, StatelessQuadraticTrainer>()
  const created = new SimulatedSwarm(
    seed,
    ({ i, host, waits, vectors, emit }) => {
      const real = new StatelessQuadraticTrainer([i + 1, 2 * (i + 1)])
      finals.set(i, real)
      const trainer = new VirtualStatelessTrainer({ trainer: real, host, stepMs: STEP_MS })
      const { network, clock } = host
      return new FedAvgLearner(
        { network, clock, waits, trainer, vectors, emit },
        {
          seed: SEED,
          sample: 5,
          successFraction: 0.8,
          localSteps: 5,
          learningRate: { peak: 0.05, schedule: 'cosine' },
          budget: { rounds: 30 },
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
  return { swarm: created, finals }
}

describe('over the simulated network', () => {
  test.each([
    { what: 'good links', links: {} },
    { what: 'bad links', links: BAD_LINKS }
  ])('all end with the same model, near the optimum of all: $what', async ({ links }) => {
    const { swarm: simulated, finals } = swarm(3, {}, links)
    await simulated.start(NODES, (i) => (i === 4 ? 8 : 1))
    expect(await simulated.finish()).toBe('until')

    expect(simulated.lives.map(({ end }) => end)).toEqual(names.map(() => 'done'))
    const [value] = finals.get(0)!.final!
    expect(value).toBeGreaterThan(7)
    expect(value).toBeLessThan(14)
    for (const { final, trained } of finals.values()) {
      expect(final).toEqual(finals.get(0)!.final)
      expect(new Set(trained).size).toBe(trained.length)
    }
    for (const { host, waits, vectors } of simulated.lives) {
      expect(host.leaks()).toEqual(NO_LEAKS)
      expect(waits.list()).toEqual([])
      expect(vectors.usedBytes).toBe(0)
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
  test('of three participants in four cost time, not rounds', async () => {
    const { swarm: simulated } = swarm(3, { budget: { rounds: 60 } })
    const lives = await simulated.start(NODES)
    const victims = lives.filter(({ name }) => name !== SERVER).slice(0, 15)
    for (const [k, victim] of victims.entries())
      simulated.simulator.schedule(2_000 + 500 * k, () => simulated.crash(victim))
    expect(await simulated.finish()).toBe('until')

    for (const life of lives) expect(life.end).toBe(victims.includes(life) ? 'crashed' : 'done')
    const server = lives.find(({ name }) => name === SERVER)!
    const aggregated = server.events.filter((event) => event.event === 'model:aggregated')
    expect(aggregated.map(({ round }) => round)).toEqual(Array.from({ length: 60 }, (_, i) => i + 1))
    expect(aggregated.at(-1)).toMatchObject({ merged: 4, expected: 5 })
    expect(simulated.overdue).toEqual([])
  })

  test('of the server end the run everywhere, in time and by name', async () => {
    const { swarm: simulated } = swarm(3)
    const lives = await simulated.start(NODES)
    const server = lives.find(({ name }) => name === SERVER)!
    simulated.simulator.schedule(3_000, () => simulated.crash(server))
    expect(await simulated.finish()).toBe('until')

    for (const life of lives) expect(life.end).toBe(life === server ? 'crashed' : 'ERR_SERVER_LOST')
    // lingerMs, and at most a third of it before it is noticed
    expect(simulated.simulator.nowMs).toBeLessThan(3_000 + 30_000 + 10_000 + 1_000)
    for (const { host, waits } of lives) {
      expect(host.leaks()).toEqual(NO_LEAKS)
      expect(waits.list()).toEqual([])
    }
    expect(simulated.overdue).toEqual([])
  })

  test('a participant that comes back takes part, and gets the final model', async () => {
    const { swarm: simulated, finals } = swarm(3, { budget: { rounds: 60 } })
    const lives = await simulated.start(NODES)
    const i = SERVER === 'node0' ? 1 : 0
    simulated.simulator.schedule(2_000, () => simulated.crash(lives[i]!))
    simulated.simulator.schedule(9_000, () => simulated.join(i))
    expect(await simulated.finish()).toBe('until')
    expect(simulated.lives).toHaveLength(NODES + 1)
    expect(simulated.lives.at(-1)).toMatchObject({ name: `node${i}`, end: 'done' })
    expect(simulated.lives.at(-1)!.events.some(({ event }) => event === 'round:ended')).toBe(true)
    expect(finals.get(i)!.final).toEqual(finals.get(i + 1)!.final)
  })

  test('a server cut off for a while goes on with what it can reach', async () => {
    const { swarm: simulated, finals } = swarm(3, { budget: { rounds: 60 } })
    const lives = await simulated.start(NODES)
    const away = names.filter((name) => name !== SERVER).slice(0, 8)
    simulated.simulator.schedule(2_000, () => simulated.simulator.partition([away]))
    simulated.simulator.schedule(12_000, () => simulated.simulator.heal())
    expect(await simulated.finish()).toBe('until')
    expect(lives.map(({ end }) => end)).toEqual(names.map(() => 'done'))
    for (const { final } of finals.values()) expect(final).toEqual(finals.get(0)!.final)
  })
})
