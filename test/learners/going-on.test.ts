import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import type { LearnerEvent } from '../../src/interface/events.ts'
import type { LearnerState } from '../../src/interface/rest.ts'
import type { Trainer } from '../../src/interface/trainer.ts'
import { WaitRegister } from '../../src/interface/waits.ts'
import { VectorHeap } from '../../src/math/vector-heap.ts'
import { type Job, type JobInput, resolveJob } from '../../src/node/job.ts'
import { createLearner } from '../../src/node/learner.ts'
import { systemClock } from '../../src/node/system-clock.ts'
import { openTrainer } from '../../src/node/training.ts'
import { createEngine, type Engine } from '../../src/train/engine/engine.ts'
import { writeBlobs } from '../train/engine/blobs.ts'
import { Keeper, kept } from '../util/kept-state.ts'
import { MemoryHub } from '../util/memory-network.ts'

const ROUNDS = 12
const LOCAL_STEPS = 8
let engine: Engine

beforeAll(async () => {
  engine = await createEngine({ device: 'cpu' })
})
afterAll(() => engine.close())

const jobOf = (input: JobInput): Job =>
  resolveJob(
    {
      model: { name: 'mlp', hidden: [16] },
      data: { set: `csv:${writeBlobs()}` },
      batchSize: 7, // so that epochs begin within a batch
      evaluation: { points: 4 },
      budget: { rounds: ROUNDS },
      ...input
    },
    'test'
  )

/** One life of a lone node. */
async function live(
  job: Job,
  { resume, stop }: { resume?: LearnerState; stop?: (trainer: Trainer, keeper: Keeper) => AbortSignal } = {}
) {
  const vectors = new VectorHeap()
  const trainer = await openTrainer(engine, { job, share: { kind: 'all' }, vectors })
  const [keeper, events] = [new Keeper(), [] as LearnerEvent[]]
  const learner = createLearner(
    job,
    {
      network: new MemoryHub().join('ann'),
      clock: systemClock,
      waits: new WaitRegister({ clock: systemClock }),
      vectors,
      emit: (event) => events.push(event),
      rest: keeper.visit,
      ...(resume === undefined ? {} : { resume })
    },
    { kind: 'live', trainer }
  )
  onTestFinished(() => trainer.close())
  const signal = stop?.(trainer, keeper)
  const ended = await learner.run(signal === undefined ? {} : { signal }).then(
    () => 'done',
    (error: Error) => error.message
  )

  return { keeper, ended, events, params: trainer.params.slice(), optimiser: trainer.state().optimiser.slice() }
}

/** Between two rounds. */
const afterRound =
  (round: number) =>
  (_: Trainer, keeper: Keeper): AbortSignal => {
    const stop = new AbortController()
    keeper.onRest = (rest) => rest.round >= round && !rest.isLast && stop.abort(new Error('told to stop'))

    return stop.signal
  }

/** Within the steps of one: as trainers do, it ends its call after the step in hand. */
const withinRound =
  (round: number) =>
  (trainer: Trainer): AbortSignal => {
    const stop = new AbortController()
    const train = trainer.train.bind(trainer)
    let trained = 0
    trainer.train = async (steps, options) => {
      if (++trained !== round) return train(steps, options)
      const report = await train(3, options)
      stop.abort(new Error('told to stop'))

      return report
    }

    return stop.signal
  }

describe.each([
  { id: 'gossip with momentum', input: { learner: { name: 'gossip', localSteps: LOCAL_STEPS } } },
  {
    id: 'gossip with adamw',
    input: { learner: { name: 'gossip', localSteps: LOCAL_STEPS }, optimiser: { name: 'adamw' } }
  },
  { id: 'dpsgd with momentum', input: { learner: { name: 'dpsgd', localSteps: LOCAL_STEPS } } }
] satisfies { id: string; input: JobInput }[])('a lone node, $id', ({ input }) => {
  test.each([
    { id: 'between rounds', stop: afterRound(5), isWithin: false },
    { id: 'within its first round', stop: withinRound(1), isWithin: true },
    { id: 'within a round', stop: withinRound(7), isWithin: true }
  ])('that is stopped $id and goes on ends with the bits of one that was not', async ({ stop, isWithin }) => {
    const job = jobOf(input)
    const whole = await live(job)
    const first = await live(job, { stop })
    expect(first.ended).toBe('told to stop')
    const { inHand } = first.keeper.last.data as { inHand: { steps: number } }
    expect(inHand.steps > 0 && inHand.steps < LOCAL_STEPS).toBe(isWithin)
    expect(first.keeper.rests.map(({ isLast }) => isLast)).toEqual([
      ...first.keeper.rests.slice(1).map(() => false),
      true
    ])
    expect(first.params).not.toEqual(whole.params)
    const second = await live(job, { resume: first.keeper.last })
    expect(second.ended).toBe('done')

    expect(second.params).toEqual(whole.params)
    expect(second.optimiser).toEqual(whole.optimiser)
    expect(second.keeper.last).toMatchObject({ round: whole.keeper.last.round, steps: whole.keeper.last.steps })
    const curve = (events: LearnerEvent[]) => events.filter(({ event }) => event === 'model:evaluated').map(untimed)
    expect([...curve(first.events), ...curve(second.events)]).toEqual(curve(whole.events))
  })
})

const untimed = ({ ms: _, ...event }: LearnerEvent): object => event

test('a node that forgets its momentum does not end with the same bits: the comparison can fail', async () => {
  const job = jobOf({})
  const whole = await live(job)
  const { keeper } = await live(job, { stop: afterRound(5) })
  const { vectors } = keeper.last
  const optimiser = new Float32Array(vectors['optimiser']!.length)
  const second = await live(job, { resume: { ...keeper.last, vectors: { ...vectors, optimiser } } })

  expect(second.params).not.toEqual(whole.params)
})

test.each(['gossip', 'dpsgd'] as const)('%s keeps no model of an earlier life once it goes on', async (name) => {
  setFlagsFromString('--expose-gc')
  const gc = runInNewContext('gc') as () => void
  const job = jobOf({ learner: { name, localSteps: LOCAL_STEPS } })
  const { keeper } = await live(job, { stop: afterRound(1) })
  const vectors = new VectorHeap()
  const trainer = await openTrainer(engine, { job, share: { kind: 'all' }, vectors })
  onTestFinished(() => trainer.close())
  const isGone: boolean[] = []
  const rest = async (): Promise<void> => {
    await new Promise(setImmediate)
    gc()
    isGone.push(earlier.deref() === undefined)
  }
  // in a function of its own: a frame that waits keeps what it names
  const begin = () => {
    const resume = kept(keeper.last)
    const waits = new WaitRegister({ clock: systemClock })
    const parts = {
      network: new MemoryHub().join('ann'),
      clock: systemClock,
      waits,
      vectors,
      emit: () => undefined,
      rest
    }

    return {
      learner: createLearner(job, { ...parts, resume }, { kind: 'live', trainer }),
      earlier: new WeakRef(resume.vectors['params']!)
    }
  }
  const { learner, earlier } = begin()
  await learner.run()
  expect(isGone.at(-1)).toBe(true)
})

test('time goes on where it was: budgets of seconds and schedules count earlier lives', async () => {
  const job = jobOf({ budget: { seconds: 3600 } })
  const { keeper } = await live(job, { stop: afterRound(2) })
  const { ended, events, keeper: later } = await live(job, { resume: { ...keeper.last, elapsedMs: 3_600_000 } })

  expect(ended).toBe('done')
  expect(events[0]!.ms).toBeGreaterThanOrEqual(3_600_000)
  expect(later.last.round - keeper.last.round).toBeLessThan(12) // it settles, and trains no more
  expect(later.last.steps).toBe(keeper.last.steps)
})

describe('an earlier life that is none of this job', () => {
  test.each([
    {
      id: 'another model',
      code: 'ERR_CHECKPOINT_DIM',
      spoil: (s: LearnerState) => vector(s, 'params', new Float32Array(3))
    },
    {
      id: 'another optimiser',
      code: 'ERR_CHECKPOINT_DIM',
      spoil: (s: LearnerState) => vector(s, 'optimiser', new Float32Array(0))
    },
    {
      id: 'integers',
      code: 'ERR_CHECKPOINT_STATE',
      spoil: (s: LearnerState) => vector(s, 'params', new Int32Array(3))
    },
    { id: 'no data', code: 'ERR_CHECKPOINT_STATE', spoil: (s: LearnerState) => ({ ...s, data: null }) },
    { id: 'no model', code: 'ERR_CHECKPOINT_STATE', spoil: (s: LearnerState) => ({ ...s, vectors: {} }) },
    {
      id: 'a wrong count',
      code: 'ERR_CHECKPOINT_STATE',
      spoil: (s: LearnerState) => ({ ...s, data: { ...(s.data as object), optimiserSteps: -1 } })
    }
  ])('is refused before anything is done: $id', async ({ code, spoil }) => {
    const job = jobOf({})
    const { keeper } = await live(job, { stop: afterRound(1) })

    await expect(live(job, { resume: spoil(keeper.last) })).rejects.toMatchObject({ code })
  })

  const vector = (state: LearnerState, name: string, values: Float32Array | Int32Array): LearnerState => ({
    ...state,
    vectors: { ...state.vectors, [name]: values }
  })
})
