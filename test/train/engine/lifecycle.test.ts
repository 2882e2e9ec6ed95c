import { describe, expect, test } from 'vitest'
import { createEngine } from '../../../src/train/engine/engine.ts'
import { WorkerLink } from '../../../src/train/engine/worker-link.ts'
import { blobTrainer, startEngine, writeBlobs } from './blobs.ts'

const RATE = { learningRate: 0.05 }
/** So many that only an abort ends them within the test. */
const ENDLESS = 1_000_000
const SETUP = { candidates: ['cpu'], threads: 1, spin: false } as const
const CRASHING = new URL('./fixtures/crashing-worker.ts', import.meta.url)

describe('a call in flight', () => {
  test('keeps others out', async () => {
    const engine = await startEngine()
    const trainer = await engine.createTrainer(blobTrainer(writeBlobs()))
    const training = trainer.train(50, RATE)

    await expect(trainer.train(1, RATE)).rejects.toMatchObject({ code: 'ERR_TRAINER_BUSY' })
    await expect(trainer.evaluate()).rejects.toMatchObject({ code: 'ERR_TRAINER_BUSY' })
    expect((await training).steps).toBe(50)
    await expect(trainer.train(1, RATE)).resolves.toMatchObject({ steps: 1 })
  })

  test('lets the caller go on meanwhile', async () => {
    const engine = await startEngine()
    const trainer = await engine.createTrainer(blobTrainer(writeBlobs()))
    const abort = new AbortController()
    const training = trainer.train(ENDLESS, { ...RATE, signal: abort.signal })
    let turns = 0
    for (; turns < 100; turns++) await new Promise((resolve) => setImmediate(resolve))
    abort.abort()

    await training
    expect(turns).toBe(100)
  })

  test('ends early when aborted, with what was done in place', async () => {
    const engine = await startEngine()
    const data = writeBlobs()
    const [aborted, whole] = [
      await engine.createTrainer(blobTrainer(data)),
      await engine.createTrainer(blobTrainer(data))
    ]
    const abort = new AbortController()
    const training = aborted.train(ENDLESS, { ...RATE, signal: abort.signal })
    setImmediate(() => abort.abort())
    const { steps } = await training
    expect(steps).toBeLessThan(ENDLESS)

    await whole.train(steps, RATE)
    expect(aborted.params).toEqual(whole.params)
    await expect(aborted.train(2, RATE)).resolves.toMatchObject({ steps: 2 })
  })

  test('is not begun when aborted before', async () => {
    const engine = await startEngine()
    const trainer = await engine.createTrainer(blobTrainer(writeBlobs()))
    const reason = new Error('enough')

    await expect(trainer.train(1, { ...RATE, signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    await expect(trainer.evaluate({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    expect(trainer.stepsDone).toBe(0)
  })

  test('rejects an aborted evaluation with the reason', async () => {
    const engine = await startEngine()
    const trainer = await engine.createTrainer(blobTrainer(writeBlobs({ rows: 3000 }), { evaluateBatchSize: 1 }))
    const abort = new AbortController()
    const evaluation = trainer.evaluate({ signal: abort.signal })
    abort.abort(new Error('enough'))

    await expect(evaluation).rejects.toThrow('enough')
  })
})

describe('closing', () => {
  test('a trainer ends its call and leaves its sibling alone', async () => {
    const engine = await startEngine()
    const data = writeBlobs()
    const [closed, open] = [
      await engine.createTrainer(blobTrainer(data)),
      await engine.createTrainer(blobTrainer(data))
    ]
    const training = closed.train(ENDLESS, RATE)
    await Promise.all([closed.close(), closed.close()])
    expect((await training).steps).toBeLessThan(ENDLESS)

    await expect(closed.train(1, RATE)).rejects.toMatchObject({ code: 'ERR_TRAINER_CLOSED' })
    await expect(open.train(1, RATE)).resolves.toMatchObject({ steps: 1 })
  })

  test('an engine is idempotent, ends calls in flight, and refuses new ones', async () => {
    const engine = await createEngine({ device: 'cpu' })
    const trainer = await engine.createTrainer(blobTrainer(writeBlobs()))
    const training = trainer.train(ENDLESS, RATE)
    await Promise.all([engine.close(), engine.close()])

    expect((await training).steps).toBeLessThan(ENDLESS)
    await expect(trainer.train(1, RATE)).rejects.toMatchObject({ code: 'ERR_ENGINE_CLOSED' })
    await expect(engine.createTrainer(blobTrainer('/nowhere'))).rejects.toMatchObject({ code: 'ERR_ENGINE_CLOSED' })
    await trainer.close()
  })

  test('an engine that was never used leaves no thread', async () => {
    const engine = await createEngine({ device: 'cpu' })
    await expect(engine.close()).resolves.toBeUndefined()
  })
})

describe('a thread that dies', () => {
  test.each([
    { id: 'of an exception', call: 'train', message: 'a bug' },
    { id: 'in silence', call: 'evaluate', message: 'ended' }
  ] as const)('$id rejects what is in flight and what comes later', async ({ call, message }) => {
    const link = new WorkerLink(SETUP, CRASHING)
    await link.call('release', { trainer: 0 })
    const takes = { trainer: 0, steps: 1, learningRate: 0, firstStep: 1 }
    const inFlight = [link.call(call, takes), link.call('evaluate', { trainer: 1 })]

    for (const result of await Promise.allSettled(inFlight)) {
      expect(result).toMatchObject({
        reason: { code: 'ERR_ENGINE_CRASHED', message: expect.stringContaining(message) }
      })
    }
    await expect(link.call('release', { trainer: 0 })).rejects.toMatchObject({ code: 'ERR_ENGINE_CRASHED' })
    await link.close()
  })
})
