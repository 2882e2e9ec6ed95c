import { describe, expect, test } from 'vitest'
import { createLayout } from '../../src/interface/params.ts'
import { Combiner, type CombinerInit } from '../../src/learners/combiner.ts'
import { LossMeter } from '../../src/learners/loss-meter.ts'
import type { Fallback, Rules } from '../../src/learners/rules.ts'
import type { UntimedEvent } from '../../src/learners/untimed-event.ts'
import { createRng } from '../../src/math/philox.ts'
import { VectorHeap } from '../../src/math/vector-heap.ts'
import { createMerge, type Merge, parseMerge } from '../../src/merge/registry.ts'
import type { Update } from '../../src/merge/update.ts'
import type { IntegratingFilter, ScreenInput, ScreeningFilter } from '../../src/robust/filters/filter.ts'
import { createAggregator, parseAggregator } from '../../src/robust/registry.ts'
import { QuadraticTrainer } from '../util/quadratic-trainer.ts'

const f32 = (...values: number[]) => Float32Array.from(values)
const layout = createLayout([{ name: 'w', shape: [2], kind: 'kernel' }])
const update = (params: Float32Array, more: Partial<Update> = {}): Update => ({
  peer: 'p',
  round: 1,
  examples: 1,
  params,
  ...more
})

function setUp(rules: Rules, init: Partial<CombinerInit> = {}) {
  const vectors = new VectorHeap()
  const events: UntimedEvent[] = []
  const combiner = new Combiner({ vectors, rules, hasOwn: true, emit: (event) => events.push(event), ...init })
  const combine = (
    own: Float32Array,
    updates: (Float32Array | Update)[],
    more: { fisher?: Float32Array; expected?: number; round?: number } = {}
  ) =>
    combiner.combineInto({
      round: 7,
      params: own,
      examples: 1,
      updates: updates.map((each) => (each instanceof Float32Array ? update(each) : each)),
      ...more
    })

  return { combiner, combine, events, vectors }
}

const ruled = (rule: string, fallback?: Fallback): Rules => ({
  robust: createAggregator(parseAggregator(rule), { vectors: new VectorHeap() }),
  ...(fallback === undefined ? {} : { fallback })
})
const merged = (policy: string): Rules => ({
  merge: createMerge(parseMerge(policy), { vectors: new VectorHeap(), layout })
})

describe('without a rule', () => {
  test('the mean by examples, in place', async () => {
    const { combine } = setUp({})
    const own = f32(1, 2)
    expect(await combine(own, [update(f32(5, 6), { examples: 3 })])).toBe(true)
    expect([...own]).toEqual([4, 5])
  })

  test('whoever has no model of its own has no say', async () => {
    const { combine } = setUp({}, { hasOwn: false })
    const last = f32(100, 100)
    await combine(last, [f32(1, 2), f32(3, 6)])
    expect([...last]).toEqual([2, 4])
  })

  test('nothing came: nothing changes', async () => {
    const { combine, events } = setUp(ruled('trimmed-mean:f=1'))
    const own = f32(1, 2)
    expect(await combine(own, [])).toBe(false)
    expect([[...own], events]).toEqual([[1, 2], []])
  })
})

describe('with a robust rule', () => {
  test('its result, whatever the weights', async () => {
    const { combine, events } = setUp(ruled('median'))
    const own = f32(1, 1)
    await combine(own, [f32(2, 3), update(f32(1e30, -1e30), { examples: 10 })])
    expect([...own]).toEqual([2, 1])
    expect(events).toEqual([])
  })

  test('too few updates: keeps the model and says so', async () => {
    const { combine, events } = setUp(ruled('trimmed-mean:f=1'))
    const own = f32(1, 2)
    expect(await combine(own, [f32(5, 6)])).toBe(false)
    expect([...own]).toEqual([1, 2])
    expect(events).toEqual([{ event: 'merge:fell-back', round: 7, have: 2, needed: 3, fallback: 'keep' }])
  })

  test('none of those expected: says so; with nobody there it is no news', async () => {
    const { combine, events } = setUp(ruled('median', 'mean'))
    expect(await combine(f32(1, 2), [])).toBe(false)
    expect(events).toEqual([])
    expect(await combine(f32(1, 2), [], { expected: 3 })).toBe(false)
    expect(events).toEqual([{ event: 'merge:fell-back', round: 7, have: 1, needed: 2, fallback: 'keep' }])
  })

  test('too few updates: or takes the mean, as the job says', async () => {
    const { combine, events } = setUp(ruled('trimmed-mean:f=1', 'mean'))
    const own = f32(1, 2)
    expect(await combine(own, [f32(5, 6)])).toBe(true)
    expect([...own]).toEqual([3, 4])
    expect(events).toEqual([{ event: 'merge:fell-back', round: 7, have: 2, needed: 3, fallback: 'mean' }])
  })

  test('rules that go by the own model are told which it is', async () => {
    const { combine } = setUp(ruled('monna:f=1'))
    const own = f32(0, 0)
    await combine(own, [f32(2, 2), f32(90, 90)])
    expect([...own]).toEqual([1, 1])
  })
})

describe('a rule that starts from its last result', () => {
  const rules = () => ruled('centered-clipping:tau=1:start=last')

  test('starts from the own params, then from the result, not from what training made of it', async () => {
    const { combine, combiner, vectors } = setUp(rules())
    const own = f32(0, 0)
    await combine(own, [f32(100, 0)]) // own is at the start; the other counts as a step of 1: half of that
    expect([...own]).toEqual([0.5, 0])

    own.set([0.5, 40]) // trained
    await combine(own, [f32(0.5, 0)])
    // from [0.5, 0]: the own one is clipped to [0.5, 1], the other is there
    expect([...own]).toEqual([0.5, 0.5])

    combiner.close()
    expect(vectors.usedBytes).toBe(0)
  })

  test.each([
    { id: 'alone', updates: [] },
    { id: 'with too few', updates: [f32(9, 9)] }
  ])('a round $id moves the start along', async ({ updates }) => {
    const { combine } = setUp(ruled('nnm:f=2,centered-clipping:tau=1:start=last'))
    const own = f32(0, 0)
    await combine(
      own,
      [0, 0, 0, 0].map((zero) => f32(zero, 0))
    )
    own.set([50, 0]) // trained
    await combine(own, updates)
    const kept = own[0]!
    await combine(
      own,
      [kept, kept, kept, kept].map((value) => f32(value, 0))
    )
    expect(own[0]).toBe(kept)
  })

  test('without an own model: from the last result, which is where the next goes', async () => {
    const { combine, vectors } = setUp(rules(), { hasOwn: false })
    const last = f32(10, 0)
    await combine(last, [f32(14, 0), f32(10, 0.5)])
    expect([...last]).toEqual([10.5, 0.25])
    expect(vectors.usedBytes).toBe(0)
  })
})

describe('a rule that goes by losses', () => {
  function withLosses() {
    const trainer = new QuadraticTrainer([4, 0], 10)
    trainer.params.set([0, 0])
    const vectors = new VectorHeap()
    const losses = new LossMeter({ trainer, vectors, rngOf: (round) => createRng(1, `losses:${round}`), batchSize: 4 })

    return { ...setUp(ruled('mozi:rho=1'), { losses }), trainer, vectors }
  }

  test('measures neighbours on local examples', async () => {
    const { trainer, combine } = withLosses()
    // as far from the own model, in opposite directions: only one is nearer to the target
    await combine(trainer.params, [f32(2, 0), f32(-2, 0)])
    expect([...trainer.params]).toEqual([1, 0])
  })

  test('puts the live params back when a measurement fails', async () => {
    const { trainer, vectors, combine } = withLosses()
    trainer.params.set([3, 5])
    const models: number[][] = []
    trainer.loss = async () => {
      models.push([...trainer.params])
      if (models.length === 2) throw new Error('the device is gone')
      return 1
    }
    const failed = combine(trainer.params, [f32(2, 0), f32(-2, 0)])
    await expect(failed).rejects.toThrow('the device is gone')
    expect(models).toEqual([
      [3, 5],
      [2, 0]
    ])
    expect([...trainer.params]).toEqual([3, 5])
    expect(vectors.usedBytes).toBe(0)
  })

  test('all models are tried on one batch of distinct local examples, each round on another', async () => {
    const { trainer, combine } = withLosses()
    const batches: string[] = []
    trainer.loss = async (indices = []) => {
      expect(new Set(indices).size).toBe(4)
      expect(indices.every((index) => index >= 0 && index < 10)).toBe(true)
      batches.push(indices.join())
      return 1
    }
    for (const round of [7, 8, 7]) await combine(trainer.params, [f32(2, 0)], { round })
    expect(batches[1]).toBe(batches[0])
    expect(batches[2]).not.toBe(batches[0])
    // a node that starts again at a round goes on as it would have
    expect(batches.slice(4)).toEqual(batches.slice(0, 2))
  })
})

describe('with a merge policy', () => {
  test('it merges, and says how alike the models are', async () => {
    const { combine, events } = setUp(merged('variance-corrected'))
    const own = f32(1, -1)
    await combine(own, [f32(3, -3)])
    // the mean varies by 4, the other by 9
    expect([...own]).toEqual([expect.closeTo(3, 5), expect.closeTo(-3, 5)])
    expect(events).toEqual([
      { event: 'model:merged', round: 7, policy: 'variance-corrected', factor: expect.closeTo(1.5, 5) }
    ])
  })

  test('it has the Fisher vectors of all', async () => {
    const { combine } = setUp(merged('fisher:norm=raw'))
    const own = f32(0, 0)
    await combine(own, [update(f32(6, 6), { fisher: f32(1, 2) })], { fisher: f32(1, 1) })
    expect([...own]).toEqual([3, 4])
  })

  test.each([true, false])('a result that is not finite is not taken (own model: %s)', async (hasOwn) => {
    const mergeInto: Merge['mergeInto'] = ({ params }) => {
      params.set([Number.POSITIVE_INFINITY, 0])
      return { weights: [] }
    }
    const merge = { ...merged('mean').merge!, mergeInto }
    const { combine, events, vectors } = setUp({ merge }, { hasOwn })
    const own = f32(1, 2)
    expect(await combine(own, [f32(3, 4)])).toBe(false)
    expect([...own]).toEqual([1, 2])
    expect(events.at(-1)).toEqual({ event: 'merge:overflowed', round: 7, have: hasOwn ? 2 : 1 })
    expect(vectors.usedBytes).toBe(0)
  })

  test('a policy with nothing to report reports nothing', async () => {
    const { combine, events } = setUp(merged('mean'))
    const own = f32(0, 2)
    await combine(own, [f32(2, 0)])
    expect([[...own], events]).toEqual([[1, 1], []])
  })
})

describe('with a filter', () => {
  const unused = { name: 'test', scores: () => [], save: () => new Uint8Array(), restore: () => undefined }

  function screening(admit: (input: ScreenInput) => number[]): { filter: ScreeningFilter; seen: ScreenInput[] } {
    const seen: ScreenInput[] = []
    const screen = (input: ScreenInput) => {
      seen.push({ ...input, start: input.start?.slice() })
      return admit(input)
    }

    return { filter: { ...unused, kind: 'screening', screen }, seen }
  }

  test('only what passes reaches the rule', async () => {
    const { filter, seen } = screening(() => [1])
    const { combine, events } = setUp({ ...ruled('trimmed-mean:f=1'), filter })
    const own = f32(0, 0)
    await combine(own, [update(f32(9, 9), { peer: 'a' }), update(f32(2, 2), { peer: 'b' })])
    expect(events).toMatchObject([{ event: 'merge:fell-back', have: 2, needed: 3 }])
    expect(seen[0]!.models.map(({ sender }) => sender)).toEqual(['a', 'b'])
    expect(seen[0]!.own).toBe(own)
  })

  test('it learns what the training of the round began with; nothing, where there was none', async () => {
    const { filter, seen } = screening(({ models }) => [...models.keys()])
    const { combine, combiner, vectors } = setUp({ filter })
    const own = f32(1, 1)
    combiner.beforeTraining(own)
    own.set([2, 2])
    await combine(own, [f32(4, 4)])
    await combine(own, [f32(5, 5)])
    expect(seen.map(({ start }) => start)).toEqual([f32(1, 1), undefined])
    combiner.close()
    expect(vectors.usedBytes).toBe(0)
  })

  test('a round in which nothing came ends what the training began with, too', async () => {
    const { filter, seen } = screening(({ models }) => [...models.keys()])
    const { combine, combiner } = setUp({ filter })
    const own = f32(1, 1)
    combiner.beforeTraining(own)
    await combine(own, [])
    await combine(own, [f32(4, 4)])
    expect(seen.map(({ start }) => start)).toEqual([undefined])
  })

  test('nobody passes: the model stays', async () => {
    const { combine } = setUp({ filter: screening(() => []).filter })
    const own = f32(1, 2)
    expect(await combine(own, [f32(5, 6)])).toBe(false)
    expect([...own]).toEqual([1, 2])
  })

  test('nobody passes: the robust rule had nothing to work on, and that is said', async () => {
    const { combine, events } = setUp({ ...ruled('trimmed-mean:f=1'), filter: screening(() => []).filter })
    await combine(f32(1, 2), [f32(5, 6), f32(7, 8)])
    expect(events).toEqual([{ event: 'merge:fell-back', round: 7, have: 1, needed: 3, fallback: 'keep' }])
  })

  test('one that integrates takes the place of rule and mean', async () => {
    const calls: string[] = []
    const filter: IntegratingFilter = {
      ...unused,
      kind: 'integrating',
      probePerClass: 3,
      begin: ({ labels }) => calls.push(`begin ${labels.length}`),
      afterTraining: (params, before) => calls.push(`trained ${before[0]} ${params[0]}`),
      integrateInto: (round, params, models) => {
        calls.push(`integrate ${round} ${models.length}`)
        params.fill(8)
      }
    }
    const { combine, combiner } = setUp({ ...ruled('median'), filter })
    const trainer = new QuadraticTrainer([1, 1])
    await combiner.begin(trainer, {})
    combiner.beforeTraining(trainer.params)
    trainer.params.fill(0.5)
    combiner.afterTraining(trainer.params)
    expect(await combine(trainer.params, [f32(5, 6)])).toBe(true)
    expect(calls).toEqual(['begin 3', 'trained 0 0.5', 'integrate 7 1'])
    expect([...trainer.params]).toEqual([8, 8])
  })
})
