import { describe, expect, test } from 'vitest'
import { CodedError } from '../../../src/interface/errors.ts'
import type { Network } from '../../../src/interface/network.ts'
import { ModestLearner } from '../../../src/learners/modest/learner.ts'
import type { ModestInit } from '../../../src/learners/modest/parts.ts'
import type { SimHost } from '../../../src/sim/host.ts'
import { VirtualStatelessTrainer } from '../../../src/sim/virtual-trainer.ts'
import { StatelessQuadraticTrainer } from '../../util/stateless-quadratic-trainer.ts'
import { type Life, SimulatedSwarm, STEP_MS } from '../simulated-swarm.ts'

const INIT: ModestInit = {
  seed: 7,
  sample: 4,
  aggregators: 1,
  successFraction: 1,
  localSteps: 5,
  hash: 'sha256',
  learningRate: { peak: 0.2, schedule: 'constant' },
  budget: { rounds: 30 },
  evaluations: 10,
  evaluationLimit: 100,
  lingerMs: 30_000
}
/** Node i's data has its optimum here; together they want the mean. */
const TARGETS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]
const LINKS = { latency: { kind: 'constant', ms: 20 } as const, detectMs: 2_000 }

type ModestLife = Life<ModestLearner>

/** Pulls that break off: how many times for each model, and after how long. */
interface BadPulls {
  times: number
  delayMs: number
  /** Only of this node. */
  node?: number
}

function withBadPulls(host: SimHost, { times, delayMs }: BadPulls): Network {
  const failed = new Map<string, number>()

  return new Proxy(host.network as Network, {
    get: (network, name) => {
      if (name !== 'pull') {
        const value: unknown = Reflect.get(network, name)
        return typeof value === 'function' ? value.bind(network) : value
      }
      return async (...[from, ref, options]: Parameters<Network['pull']>) => {
        const before = failed.get(ref.hash) ?? 0
        failed.set(ref.hash, before + 1)
        if (before >= times) return network.pull(from, ref, options)
        await host.clock.sleep(delayMs, options)
        throw new CodedError('ERR_MODEL_STALLED', 'lost')
      }
    }
  })
}

interface Swarm {
  swarm: SimulatedSwarm<ModestLearner>
  trainers: StatelessQuadraticTrainer[]
}

function modestSwarm(init: Partial<ModestInit> = {}, links = {}, bad?: BadPulls): Swarm {
  const trainers: StatelessQuadraticTrainer[] = []
  const swarm = new SimulatedSwarm<ModestLearner>(
    3,
    ({ i, host, waits, vectors, emit }) => {
      const real = new StatelessQuadraticTrainer([TARGETS[i % 12]!])
      trainers.push(real)
      const trainer = new VirtualStatelessTrainer({ trainer: real, host, stepMs: STEP_MS })
      const { clock } = host
      const network = bad === undefined || (bad.node ?? i) !== i ? host.network : withBadPulls(host, bad)

      return new ModestLearner({ network, clock, waits, trainer, vectors, emit }, { ...INIT, ...init })
    },
    { ...LINKS, ...links }
  )

  return { swarm, trainers }
}

function of<K extends string>(life: ModestLife, event: K) {
  return life.events.filter((each) => each.event === event) as Extract<ModestLife['events'][number], { event: K }>[]
}

function expectClean({ swarm }: Swarm): void {
  expect(swarm.overdue).toEqual([])
  for (const { host, waits, vectors, name } of swarm.lives) {
    expect({ name, waits: waits.list(), bytes: vectors.usedBytes }).toEqual({ name, waits: [], bytes: 0 })
    if (host.isAlive)
      expect(
        Object.values(host.leaks()).every((count) => count === 0),
        name
      ).toBe(true)
  }
}

/** Crashes a node at the moment at which `when` first says so. */
function crashWhen({ swarm }: Swarm, life: ModestLife, when: () => boolean): void {
  const look = (): void => {
    if (when()) swarm.crash(life)
    else swarm.simulator.schedule(1, look)
  }
  look()
}

describe('without faults', () => {
  test('a sample trains each round, one aggregates, and all end with the same model near the optimum', async () => {
    const { swarm, trainers } = modestSwarm()
    const lives = await swarm.start(12)

    expect(await swarm.finish()).toBe('until')

    expect(lives.map(({ end }) => end)).toEqual(lives.map(() => 'done'))
    for (let round = 1; round <= 30; round++) {
      expect(lives.filter((life) => of(life, 'round:ended').some((each) => each.round === round)).length).toBe(4)
    }
    const aggregations = lives.flatMap((life) => of(life, 'model:aggregated'))
    expect(aggregations.map(({ round }) => round).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 30 }, (_, i) => i + 2)
    )
    expect(aggregations.every(({ merged, expected }) => merged === 4 && expected === 4)).toBe(true)
    const finals = trainers.map(({ final }) => final![0]!)
    expect(new Set(finals).size).toBe(1)
    // the mean of four random ones of the targets, smoothed over rounds
    expect(finals[0]).toBeGreaterThan(3)
    expect(finals[0]).toBeLessThan(8)
    expectClean({ swarm, trainers })
  })

  test('nobody trains a round twice, and everyone trains now and then', async () => {
    const { swarm, trainers } = modestSwarm({ budget: { rounds: 60 } })
    await swarm.start(12)
    await swarm.finish()

    for (const { trained } of trainers) {
      expect(new Set(trained).size).toBe(trained.length)
      expect(trained.length).toBeGreaterThan(5)
    }
  })

  test('two aggregators: the first result is adopted, the other ignored', async () => {
    const { swarm, trainers } = modestSwarm({ aggregators: 2 })
    const lives = await swarm.start(12)

    expect(await swarm.finish()).toBe('until')
    for (let round = 2; round <= 30; round++) {
      const times = lives.flatMap((life) => of(life, 'model:aggregated')).filter((each) => each.round === round).length
      expect(times, `round ${round}`).toBeGreaterThanOrEqual(1)
      expect(times, `round ${round}`).toBeLessThanOrEqual(2)
      expect(lives.filter((life) => of(life, 'round:ended').some((each) => each.round === round)).length).toBe(4)
    }
    expectClean({ swarm, trainers })
  })

  test('a swarm smaller than the sample, and a node alone', async () => {
    for (const n of [3, 1]) {
      const { swarm } = modestSwarm({ budget: { rounds: 5 } })
      const lives = await swarm.start(n)
      expect(await swarm.finish()).toBe('until')
      for (const life of lives) expect(of(life, 'round:ended').map(({ round }) => round)).toEqual([1, 2, 3, 4, 5])
    }
  })

  test('a budget in seconds ends the run', async () => {
    const { swarm } = modestSwarm({ budget: { seconds: 10 } })
    const lives = await swarm.start(12)
    await swarm.finish()

    const last = Math.max(...lives.flatMap((life) => of(life, 'model:aggregated').map(({ ms }) => ms)))
    expect(last).toBeGreaterThan(9_000)
    expect(last).toBeLessThan(13_000)
  })
})

describe('faults', () => {
  test('an aggregator that dies with the model is replaced: its participants hand theirs to the next', async () => {
    const swarm = modestSwarm()
    const lives = await swarm.swarm.start(12)
    // each node that aggregates round 5 for the first time dies of it, before the sample can have fetched the model
    let killed: string | undefined
    for (const life of lives) {
      crashWhen(swarm, life, () => {
        const dies = killed === undefined && of(life, 'model:aggregated').some(({ round }) => round === 5)
        if (dies) killed = life.name
        return dies
      })
    }

    expect(await swarm.swarm.finish()).toBe('until')

    expect(killed).toBeDefined()
    const again = lives.filter((life) => of(life, 'model:aggregated').some(({ round }) => round === 5))
    expect(again.length).toBe(2)
    const survivors = lives.filter(({ name }) => name !== killed)
    expect(survivors.map(({ end }) => end)).toEqual(survivors.map(() => 'done'))
    expectClean(swarm)
  })

  test('everyone who trained the last round dies: the others see the stall, and go on from what they have', async () => {
    const swarm = modestSwarm()
    const lives = await swarm.swarm.start(12)
    for (const life of lives) crashWhen(swarm, life, () => life.learner.status.round === 6)

    expect(await swarm.swarm.finish()).toBe('until')

    const survivors = lives.filter(({ end }) => end === 'done')
    // round 6 is tried again until somebody that lives has heard of it from two
    expect(survivors.length).toBeGreaterThanOrEqual(2)
    expect(survivors.length).toBeLessThanOrEqual(8)
    const rounds = survivors.flatMap((life) => of(life, 'round:ended').map(({ round }) => round))
    expect(Math.max(...rounds)).toBeGreaterThanOrEqual(30)
    expectClean(swarm)
  })

  test('half of the nodes crash one after another: the rest finish', async () => {
    const swarm = modestSwarm({ successFraction: 0.7 })
    const lives = await swarm.swarm.start(12)
    for (const [i, life] of lives.slice(0, 6).entries()) {
      swarm.swarm.simulator.schedule(3_000 + 1_500 * i, () => swarm.swarm.crash(life))
    }

    expect(await swarm.swarm.finish()).toBe('until')
    expect(lives.slice(6).map(({ end }) => end)).toEqual(lives.slice(6).map(() => 'done'))
    expectClean(swarm)
  })

  test.each([1, 2, 3])('lost, repeated and late messages do no harm (%i)', async (seed) => {
    const swarm = modestSwarm({ seed }, { loss: 0.05, duplication: 0.1, reordering: 0.1 })
    const lives = await swarm.swarm.start(12)

    expect(await swarm.swarm.finish()).toBe('until')
    expect(lives.map(({ end }) => end)).toEqual(lives.map(() => 'done'))
    for (const { trained } of swarm.trainers) expect(new Set(trained).size).toBe(trained.length)
    expectClean(swarm)
  })

  test('a transfer that breaks off is begun again: no round is lost with it', async () => {
    const swarm = modestSwarm({ sample: 1 }, {}, { times: 1, delayMs: 200 })
    const lives = await swarm.swarm.start(12)

    expect(await swarm.swarm.finish()).toBe('until')
    expect(swarm.swarm.simulator.nowMs).toBeLessThan(60_000)
    expect(lives.map(({ end }) => end)).toEqual(lives.map(() => 'done'))
  })

  test('the node that hands out the final model stays until the last has it', async () => {
    // longer than anyone else stays at the end
    const swarm = modestSwarm({ budget: { rounds: 3 }, sample: 2 }, {}, { times: 3, delayMs: 15_000, node: 7 })
    const lives = await swarm.swarm.start(12)

    expect(await swarm.swarm.finish()).toBe('until')
    expect(lives[7]!.end).toBe('done')
    expect(of(lives[7]!, 'model:aggregated')).toEqual([])
    expect(swarm.trainers[7]!.final).toEqual(swarm.trainers[0]!.final)
  })

  test('a node that is cut off does not run ahead of the others', async () => {
    const swarm = modestSwarm({ budget: { rounds: 60 } })
    const lives = await swarm.swarm.start(12)
    const { simulator } = swarm.swarm
    simulator.schedule(3_000, () => simulator.partition([['node0']]))
    let rounds: number[] = []
    simulator.schedule(15_000, () => {
      rounds = lives.map((life) => life.learner.status.round)
      simulator.heal()
    })

    expect(await swarm.swarm.finish()).toBe('until')
    const others = Math.max(...rounds.slice(1))
    expect(rounds[0]).toBeLessThan(others)
    expect(lives.map(({ end }) => end)).toEqual(lives.map(() => 'done'))
    expectClean(swarm)
  })
})

describe('membership', () => {
  test('a joiner is known to everyone soon, and trains', async () => {
    const swarm = modestSwarm({ budget: { rounds: 60 } })
    const lives = await swarm.swarm.start(11)
    let joiner: ModestLife | undefined
    swarm.swarm.simulator.schedule(5_000, () => {
      joiner = swarm.swarm.join(11)
    })

    expect(await swarm.swarm.finish()).toBe('until')

    for (const life of lives) {
      const [news] = of(life, 'member:changed')
      expect(news).toMatchObject({ peer: 'node11', status: 'join' })
      expect(news!.ms).toBeLessThan(5_500)
    }
    expect(of(joiner!, 'round:ended').length).toBeGreaterThan(3)
    expect(joiner!.end).toBe('done')
    expectClean(swarm)
  })

  test('one that leaves says so, and is not sampled again', async () => {
    const swarm = modestSwarm({ budget: { rounds: 60 } })
    const lives = await swarm.swarm.start(12)
    const [leaver, ...rest] = lives as [ModestLife, ...ModestLife[]]
    let leftAt = 0
    swarm.swarm.simulator.schedule(5_000, () => {
      leaver.abort.abort(new Error('leaves'))
      leftAt = Math.max(...rest.map((life) => life.learner.status.round))
      swarm.swarm.simulator.schedule(100, () => leaver.host.stop())
    })

    expect(await swarm.swarm.finish()).toBe('until')

    for (const life of rest) expect(of(life, 'member:changed')).toMatchObject([{ peer: 'node0', status: 'leave' }])
    expect(Math.max(...of(leaver, 'round:ended').map(({ round }) => round))).toBeLessThanOrEqual(leftAt + 1)
    expect(rest.map(({ end }) => end)).toEqual(rest.map(() => 'done'))
    expectClean(swarm)
  })

  test('one that crashed comes back, and takes part again', async () => {
    const swarm = modestSwarm({ budget: { rounds: 80 } })
    const lives = await swarm.swarm.start(12)
    const { simulator } = swarm.swarm
    simulator.schedule(4_000, () => swarm.swarm.crash(lives[3]!))
    let back: ModestLife | undefined
    simulator.schedule(12_000, () => {
      back = swarm.swarm.join(3)
    })

    expect(await swarm.swarm.finish()).toBe('until')
    expect(of(back!, 'round:ended').length).toBeGreaterThan(2)
    expect(back!.end).toBe('done')
    expectClean(swarm)
  })
})

test('says what it waits for, from whom and until when', async () => {
  const swarm = modestSwarm()
  const lives = await swarm.swarm.start(12)
  const seen = new Set<string>()
  const look = (): void => {
    for (const { waits } of lives) for (const { what } of waits.list()) seen.add(what.replaceAll(/\d+/g, 'N'))
    swarm.swarm.simulator.schedule(10, look)
  }
  look()
  await swarm.swarm.finish()

  expect([...seen].sort()).toEqual(
    expect.arrayContaining([
      'N of N models of round N',
      'N members whose turn it is in round N to answer',
      'N of N members to fetch the aggregate of round N',
      'round N, or the turn of this node',
      'the aggregate of round N',
      'the final model to be fetched',
      'the other members to have the final model'
    ])
  )
})
