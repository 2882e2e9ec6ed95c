import { describe, expect, test } from 'vitest'
import type { Evaluation } from '../../../src/interface/trainer.ts'
import { type Evaluate, EvaluationCache } from '../../../src/train/engine/evaluation-cache.ts'

const model = (...values: number[]): { params: Float32Array; examples: number } => ({
  params: Float32Array.from(values),
  examples: 10
})

/** Answers with the sum of the params; counts how often, and waits where told to. */
class Counter {
  calls = 0
  readonly signals: AbortSignal[] = []
  until: Promise<void> = Promise.resolve()

  readonly evaluate: Evaluate = async (params, { signal }): Promise<Evaluation> => {
    this.calls++
    this.signals.push(signal)
    await this.until
    signal.throwIfAborted()

    return { accuracy: 0.5, loss: params().reduce((a, b) => a + b, 0), examples: 10 }
  }
}

describe('what is known', () => {
  test('is not evaluated again, in whichever memory it lies', async () => {
    const counter = new Counter()
    const cache = new EvaluationCache(2)
    const first = await cache.get(model(1, 2), counter.evaluate)
    const wider = Float32Array.of(0, 1, 2, 0)
    const shared = new Float32Array(new SharedArrayBuffer(8))
    shared.set([1, 2])

    expect(first.loss).toBe(3)
    expect(await cache.get({ params: wider.subarray(1, 3), examples: 10 }, counter.evaluate)).toEqual(first)
    expect(await cache.get({ params: shared, examples: 10 }, counter.evaluate)).toEqual(first)
    expect(counter.calls).toBe(1)
  })

  test.each([
    { id: 'one param', other: model(1, 2.0000002) },
    { id: 'the sign of a zero', other: model(1, 0), first: model(1, -0) },
    { id: 'the number of examples', other: { ...model(1, 2), examples: 11 } }
  ])('is missed when it differs in $id', async ({ other, first = model(1, 2) }) => {
    const counter = new Counter()
    const cache = new EvaluationCache(4)
    await cache.get(first, counter.evaluate)
    await cache.get(other, counter.evaluate)

    expect(counter.calls).toBe(2)
  })

  test('is at most so many results, the least recently used gone first', async () => {
    const counter = new Counter()
    const cache = new EvaluationCache(2)
    for (const value of [1, 2, 1, 3]) await cache.get(model(value), counter.evaluate)
    expect(counter.calls).toBe(3)

    await cache.get(model(1), counter.evaluate)
    expect(counter.calls).toBe(3)
    await cache.get(model(2), counter.evaluate)
    expect(counter.calls).toBe(4)
  })

  test('cannot be changed by who was told', async () => {
    const counter = new Counter()
    const cache = new EvaluationCache(2)
    const told = await cache.get(model(1), counter.evaluate)
    told.accuracy = 0

    expect((await cache.get(model(1), counter.evaluate)).accuracy).toBe(0.5)
  })

  test('is not a failure', async () => {
    const counter = new Counter()
    const cache = new EvaluationCache(2)
    const fail: Evaluate = async () => {
      throw new Error('not yet')
    }
    const asked = [cache.get(model(1), fail), cache.get(model(1), fail)]
    for (const result of await Promise.allSettled(asked))
      expect(result).toMatchObject({ reason: { message: 'not yet' } })

    expect((await cache.get(model(1), counter.evaluate)).loss).toBe(1)
  })
})

describe('callers at the same time', () => {
  test('share one evaluation', async () => {
    const counter = new Counter()
    const cache = new EvaluationCache(2)
    const results = await Promise.all([1, 2, 1, 1].map((value) => cache.get(model(value), counter.evaluate)))

    expect(results.map(({ loss }) => loss)).toEqual([1, 2, 1, 1])
    expect(counter.calls).toBe(2)
  })

  test('go on without one who gives up and reuses its vector', async () => {
    const counter = new Counter()
    const { promise, resolve } = Promise.withResolvers<void>()
    counter.until = promise
    const cache = new EvaluationCache(2)
    const abort = new AbortController()
    const leaving = model(4)
    const left = cache.get(leaving, counter.evaluate, { signal: abort.signal })
    const stays = cache.get(model(4), counter.evaluate)
    const reason = new Error('enough')
    abort.abort(reason)
    leaving.params.fill(9)
    resolve()

    await expect(left).rejects.toBe(reason)
    expect((await stays).loss).toBe(4)
    expect(counter.signals[0]!.aborted).toBe(false)
  })

  test('end it when the last gives up; who comes then starts anew', async () => {
    const counter = new Counter()
    const { promise, resolve } = Promise.withResolvers<void>()
    counter.until = promise
    const cache = new EvaluationCache(2)
    const aborts = [new AbortController(), new AbortController()]
    const left = aborts.map(({ signal }) => cache.get(model(4), counter.evaluate, { signal }))
    await Promise.resolve()
    for (const abort of aborts) abort.abort(new Error('enough'))
    const later = cache.get(model(4), counter.evaluate)
    resolve()

    for (const result of await Promise.allSettled(left)) expect(result).toMatchObject({ reason: { message: 'enough' } })
    expect((await later).loss).toBe(4)
    expect(counter.signals.map(({ aborted }) => aborted)).toEqual([true, false])
  })

  test('ask in vain when aborted before', async () => {
    const counter = new Counter()
    const cache = new EvaluationCache(2)
    const asked = cache.get(model(1), counter.evaluate, { signal: AbortSignal.abort(new Error('enough')) })

    await expect(asked).rejects.toThrow('enough')
    expect(counter.calls).toBe(0)
  })
})
