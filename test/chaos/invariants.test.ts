import { describe, expect, test } from 'vitest'
import type { WaitSpec } from '../../src/interface/waits.ts'
import type { SimulatedNode } from '../../src/node/simulation/node.ts'
import type { SimulationEvent } from '../../src/node/simulation-types.ts'
import { events } from './invariants/events.ts'
import { rounds } from './invariants/rounds.ts'
import type { Life } from './life.ts'
import { PoisonedHeap } from './poisoned-heap.ts'
import { type RunSeedInit, runSeed } from './run-seed.ts'
import { drawScenario, type LearnerName, type Scenario } from './scenario.ts'
import { Search } from './search.ts'
import type { Invariant, Watch } from './watch.ts'

/** The first seed in which nothing happens but the learner: what breaks is what the test broke. */
function calmSeed(learner: LearnerName): number {
  for (let seed = 1; ; seed++) {
    const { spec, partitions, orders } = drawScenario(learner, seed)
    const { loss, duplication, reordering } = spec.links
    if (loss + duplication + reordering + partitions.length + orders.length === 0) return seed
  }
}

/** @returns the invariant that broke, and of which node */
async function breaks(learner: LearnerName, broken: Partial<RunSeedInit>): Promise<string | undefined> {
  const scenario = drawScenario(learner, calmSeed(learner))
  const { breach } = await runSeed({ scenario, vectors: new PoisonedHeap(), ...broken })

  return breach?.invariant
}

/** Does something to the node's learner as soon as it is there. */
function whenRunning(act: (node: SimulatedNode) => void): (node: SimulatedNode) => void {
  return (node) => {
    const isFirst = node.index === 0
    const compute = node.host.compute.bind(node.host)
    node.host.compute = async (...args) => {
      if (isFirst && node.learner !== undefined) act(node)
      return compute(...args)
    }
  }
}

describe('a node that is broken on purpose is found out', () => {
  test('a run that is not broken passes', async () => {
    expect(await breaks('gossip', {})).toBeUndefined()
    expect(await breaks('modest', {})).toBeUndefined()
  })

  test('a clock that does not wake: a wait outlives its deadline', async () => {
    const spec: WaitSpec = { kind: 'answer', what: 'a word that never comes', from: [], timeoutMs: 5 }
    const sabotage = whenRunning(({ host, waits }) => {
      host.clock.sleep = () => new Promise(() => undefined)
      waits.run(spec, () => new Promise(() => undefined)).catch(() => undefined)
    })

    expect(await breaks('fedavg', { sabotage })).toBe('deadlines')
  })

  test('a network that swallows what it is given: nothing under way, and no wait', async () => {
    const sabotage = ({ host }: SimulatedNode): void => {
      host.network.publish = () => new Promise(() => undefined)
    }

    expect(await breaks('gossip', { sabotage })).toBe('says-why')
  })

  test('a node that goes on for ever, and one that nothing wakes any more', async () => {
    const hanging = (isBusy: boolean) =>
      whenRunning(({ waits, host }) => {
        const spec: WaitSpec = {
          kind: 'answer',
          what: 'the end of the world',
          from: [],
          timeoutMs: Number.POSITIVE_INFINITY
        }
        waits.run(spec, () => new Promise(() => undefined)).catch(() => undefined)
        host.compute = () => new Promise(() => undefined)
        const tick = (): Promise<void> => host.clock.sleep(60_000).then(tick)
        if (isBusy) void tick()
      })

    expect(await breaks('modest', { sabotage: hanging(true) })).toBe('everybody-ends')
    expect(await breaks('modest', { sabotage: hanging(false) })).toBe('everybody-ends')
  })

  test('a trainer that fails: its learner does', async () => {
    const sabotage = whenRunning(({ host }) => {
      host.compute = () => Promise.reject(new TypeError('no such graph'))
    })

    expect(await breaks('dpsgd', { sabotage })).toBe('nobody-fails')
    expect(await breaks('fedavg', { sabotage })).toBe('nobody-fails')
  })

  test('a view that forgets, and one that goes back', async () => {
    const shrinking = (change: (view: Map<string, object>) => void) =>
      whenRunning(({ learner }) => {
        const [...entries] = (learner as unknown as { view: Iterable<[string, object]> }).view
        const view = new Map(entries)
        change(view)
        Object.defineProperty(learner, 'view', { value: view })
      })
    const forget = shrinking((view) => view.delete([...view.keys()][0]!))
    const goBack = shrinking((view) => {
      const [peer, record] = [...view][0]!
      view.set(peer, { ...record, lastActive: -2 })
    })

    expect(await breaks('modest', { sabotage: forget })).toBe('views-grow')
    expect(await breaks('modest', { sabotage: goBack })).toBe('views-grow')
  })

  test('offers without end, and waits without end', async () => {
    const offering = whenRunning(({ host }) => {
      for (let i = 0; i < 5; i++) host.network.offer(Uint8Array.of(i))
    })
    const waiting = whenRunning(({ waits }) => {
      const spec: WaitSpec = { kind: 'answer', what: 'nothing', from: [], timeoutMs: 1e6 }
      for (let i = 0; i < 100; i++) void waits.run(spec, () => new Promise(() => undefined)).catch(() => undefined)
    })
    const queueing = whenRunning(({ host }) => {
      for (let i = 0; i < 5_000; i++) host.clock.sleep(1e6).catch(() => undefined)
    })

    expect(await breaks('gossip', { sabotage: offering })).toBe('bounds')
    expect(await breaks('gossip', { sabotage: waiting })).toBe('bounds')
    expect(await breaks('gossip', { sabotage: queueing })).toBe('bounds')
  })

  test('models that are kept for ever', async () => {
    const vectors = new PoisonedHeap()
    const scenario = drawScenario('modest', calmSeed('modest'))
    const sabotage = whenRunning(() => vectors.allocate(scenario.dim))
    const hoard = await runSeed({ scenario, vectors, sabotage: whenRunning(() => vectors.allocate(1e6)) })
    const leak = await runSeed({ scenario, vectors, sabotage })

    expect(hoard.breach).toMatchObject({
      invariant: 'bounds',
      what: expect.stringContaining('bytes of models in use,')
    })
    expect(leak.breach).toMatchObject({ invariant: 'bounds', what: expect.stringContaining('after the end') })
    expect(vectors.usedBytes).toBe(0)
  })

  test.each([
    { what: 'subscriptions', leave: ({ host }: SimulatedNode) => host.network.subscribe('left', () => undefined) },
    { what: 'handlers', leave: ({ host }: SimulatedNode) => host.network.handle('left', { message: () => undefined }) },
    { what: 'listeners', leave: ({ host }: SimulatedNode) => host.network.on('peer:connected', () => undefined) },
    { what: 'timers', leave: ({ host }: SimulatedNode) => void host.clock.sleep(1e9).catch(() => undefined) }
  ])('$what that are left at the end', async ({ leave }) => {
    let isDone = false
    const once = whenRunning((node) => {
      if (!isDone) leave(node)
      isDone = true
    })

    expect(await breaks('gossip', { sabotage: once })).toBe('leaves-nothing')
  })

  test('a promise that nobody looks after', async () => {
    const sabotage = whenRunning(() => void Promise.reject(new Error('nobody cares')))

    expect(await breaks('gossip', { sabotage })).toBe('nothing-unhandled')
  })

  test('a model made of memory that was given back', async () => {
    class Careless extends PoisonedHeap {
      override weightedSumInto(out: Float32Array, inputs: readonly Float32Array[], weights: readonly number[]): void {
        super.weightedSumInto(out, [this.#stale(out.length), ...inputs.slice(1)], weights)
      }

      #stale(length: number): Float32Array {
        const vector = this.allocate(length)
        this.free(vector)

        return vector
      }
    }
    const scenario = drawScenario('gossip', calmSeed('gossip'))
    const { breach } = await runSeed({ scenario, vectors: new Careless() })

    expect(breach?.invariant).toBe('models-make-sense')
  })
})

test('a run whose real work shows in the simulation is not the same again', async () => {
  const learner = 'gossip'
  const seed = 10 // one of those that are run twice
  let runs = 0
  const sabotage = (node: SimulatedNode): void => {
    if (node.index === 0) runs++
    const compute = node.host.compute.bind(node.host)
    node.host.compute = (virtualMs, ...rest) => compute(virtualMs + (runs > 1 ? 1e-3 : 0), ...rest)
  }

  expect((await new Search().run({ learner, seed }, { sabotage })).breach?.invariant).toBe('same-again')
})

/** An invariant alone, told of things that did not happen. */
function alone(
  create: (watch: Watch) => Invariant,
  learner: Scenario['learner'] = 'dpsgd'
): { invariant: Invariant; reports: string[]; lives: Life[] } {
  const reports: string[] = []
  const scenario: Scenario = drawScenario(learner, 1)
  const lives = [0, 1].map((index) => ({ index, node: {} }) as Life)
  const watch = { scenario, lives, past: lives, nowMs: 0, pending: 0, usedBytes: 0 }
  const invariant = create({ ...watch, report: (name, node) => reports.push(`${name} ${node}`) })

  return { invariant, reports, lives }
}

function ended(round: number, more: Partial<SimulationEvent> = {}): SimulationEvent {
  const bytes = { sent: 1, received: 1 }

  return {
    event: 'round:ended',
    round,
    ms: round,
    loss: 1,
    merged: 0,
    age: 0,
    waitedMs: 0,
    bytes,
    ...more
  } as SimulationEvent
}

describe('rounds', () => {
  const none = new Float32Array(1)

  test('one after the other, trained once each, is as it should be', () => {
    const { invariant, reports, lives } = alone(rounds)
    for (const life of lives) {
      for (const round of [1, 2, 3]) {
        invariant.onTraining?.(life, undefined, none)
        invariant.onEvent?.(life, ended(round))
      }
    }
    // who fell behind may skip rounds, up to the one that others are in
    invariant.onTraining?.(lives[0]!, undefined, none)
    invariant.onEvent?.(lives[0]!, ended(4))

    expect(reports).toEqual([])
  })

  test.each([
    { what: 'trained twice', trainings: [1, 2, 2], reports: ['trained-once 0'] },
    { what: 'an earlier one again', trainings: [1, 2, 1], reports: ['trained-once 0'] },
    { what: 'from nowhere', trainings: [1, 3], reports: ['round-window 0'] }
  ])('a stateless trainer is told: $what', ({ trainings, reports: expected }) => {
    const { invariant, reports, lives } = alone(rounds)
    for (const round of trainings) invariant.onTraining?.(lives[0]!, round, none)

    expect(reports).toEqual(expected)
  })

  test.each([
    { what: 'reported twice', reported: [1, 1], reports: ['rounds-ascend 0'] },
    { what: 'skipped', reported: [1, 3], reports: ['round-window 0'] }
  ])('a round is $what', ({ reported, reports: expected }) => {
    const { invariant, reports, lives } = alone(rounds)
    for (const round of reported) {
      invariant.onTraining?.(lives[0]!, undefined, none)
      invariant.onEvent?.(lives[0]!, ended(round))
    }

    expect(reports).toEqual(expected)
  })

  test('a round of FedAvg that was cut short may be trained again, and one that was not may not', () => {
    const { invariant, reports, lives } = alone(rounds, 'fedavg')
    for (let i = 0; i < 2; i++) invariant.onTraining?.(lives[0]!, 1, none)
    expect(reports).toEqual([])
    invariant.onEvent?.(lives[0]!, ended(1))
    invariant.onTraining?.(lives[0]!, 1, none)
    expect(reports).toEqual(['trained-once 0'])
  })

  test('more trainings than rounds, and more rounds than trainings', () => {
    const idle = alone(rounds)
    idle.invariant.onEvent?.(idle.lives[0]!, ended(1))
    const busy = alone(rounds)
    for (let i = 0; i < 2; i++) busy.invariant.onTraining?.(busy.lives[1]!, undefined, none)

    expect(idle.reports).toEqual(['trained-once 0'])
    expect(busy.reports).toEqual(['trained-once 1'])
  })
})

describe('events', () => {
  test.each([
    { what: 'a loss that is none', bad: [ended(1, { loss: Number.NaN } as Partial<SimulationEvent>)] },
    {
      what: 'a wait that never ended',
      bad: [ended(1, { waitedMs: Number.POSITIVE_INFINITY } as Partial<SimulationEvent>)]
    },
    { what: 'less than no time', bad: [ended(1, { waitedMs: -1 } as Partial<SimulationEvent>)] },
    { what: 'time that runs backwards', bad: [ended(2), ended(1)] },
    {
      what: 'more models than were expected',
      bad: [
        {
          event: 'model:aggregated',
          round: 1,
          ms: 1,
          merged: 3,
          expected: 2,
          waitedMs: 0,
          bytes: { sent: 0, received: 0 }
        } as SimulationEvent
      ]
    }
  ])('$what', ({ bad }) => {
    const { invariant, reports, lives } = alone(events)
    for (const event of bad) invariant.onEvent?.(lives[0]!, event)

    expect(reports).toEqual(['sane-events 0'])
  })
})
