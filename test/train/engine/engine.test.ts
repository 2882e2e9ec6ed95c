import { describe, expect, test } from 'vitest'
import { VectorHeap } from '../../../src/math/vector-heap.ts'
import { blobTrainer, startEngine, writeBlobs } from './blobs.ts'

const RATE = { learningRate: 0.05 }

describe('a trainer', () => {
  test('learns', async () => {
    const engine = await startEngine()
    const trainer = await engine.createTrainer(blobTrainer(writeBlobs()))
    const before = await trainer.evaluate()
    const first = await trainer.train(5, RATE)
    await trainer.train(100, RATE)
    const last = await trainer.train(5, RATE)
    const after = await trainer.evaluate()

    expect(first).toMatchObject({ steps: 5, examples: 80 })
    expect(last.loss).toBeLessThan(first.loss / 2)
    expect(before.accuracy).toBeLessThan(0.7)
    expect(after.accuracy).toBeGreaterThan(0.9)
    expect(after.examples).toBe(60)
    expect(trainer.exampleCount).toBe(240)
    expect(trainer.stepsDone).toBe(110)
  })

  test.each([1, 2, 7])('gives the same bits for the same seed, in requests of %i steps', async (chunk) => {
    const engine = await startEngine()
    const data = writeBlobs()
    const whole = await engine.createTrainer(blobTrainer(data))
    const parts = await engine.createTrainer(blobTrainer(data))
    const other = await engine.createTrainer(blobTrainer(data, { seed: 2 }))
    await whole.train(14, RATE)
    await other.train(14, RATE)
    for (let done = 0; done < 14; done += chunk) await parts.train(chunk, RATE)

    expect(parts.params).toEqual(whole.params)
    expect(parts.state().optimiser).toEqual(whole.state().optimiser)
    expect(other.params).not.toEqual(whole.params)
  })

  test('starts all nodes of a job from the same params, on different batches', async () => {
    const engine = await startEngine()
    const data = writeBlobs()
    const [a, b] = [
      await engine.createTrainer(blobTrainer(data, { stream: '0' })),
      await engine.createTrainer(blobTrainer(data, { stream: '1' }))
    ]
    expect(a.params).toEqual(b.params)
    await Promise.all([a.train(1, RATE), b.train(1, RATE)])
    expect(a.params).not.toEqual(b.params)
  })

  test('starts from the model of its own seed and kind, whatever was opened before', async () => {
    const [engine, fresh] = [await startEngine(), await startEngine()]
    const data = writeBlobs()
    const { params: first } = await engine.createTrainer(blobTrainer(data))
    for (const wanted of [{ seed: 2 }, { model: { name: 'mlp', hidden: [20] } as const }, {}]) {
      const { params } = await engine.createTrainer(blobTrainer(data, wanted))
      const alone = await fresh.createTrainer(blobTrainer(data, { ...wanted, stream: '1' }))
      expect(params).toEqual(alone.params)
      if ('seed' in wanted) expect(params).not.toEqual(first)
      await alone.close()
    }
  })

  test('trains on its own slice only', async () => {
    const engine = await startEngine()
    const trainer = await engine.createTrainer(blobTrainer(writeBlobs(), { indices: Uint32Array.of(5, 9) }))
    await trainer.train(200, RATE)

    expect(trainer.exampleCount).toBe(2)
    expect(await trainer.loss([0, 1])).toBeLessThan(0.01)
  })

  test('reads what is written into params between calls', async () => {
    const engine = await startEngine()
    const data = writeBlobs()
    const [source, target] = [
      await engine.createTrainer(blobTrainer(data)),
      await engine.createTrainer(blobTrainer(data, { stream: '1' }))
    ]
    await source.train(60, RATE)
    target.params.set(source.params)
    expect(await target.evaluate()).toEqual(await source.evaluate())
    expect(await target.loss([3, 4, 5])).toBe(await source.loss([3, 4, 5]))

    target.params.fill(0)
    expect((await target.evaluate()).loss).toBeCloseTo(Math.log(3), 5)
  })

  test('works on a vector of the caller, in WebAssembly memory that grows meanwhile', async () => {
    const engine = await startEngine()
    const heap = new VectorHeap()
    const data = writeBlobs()
    const own = await engine.createTrainer(blobTrainer(data, { params: (dim) => heap.allocate(dim) }))
    heap.allocate(1_000_000)
    const plain = await engine.createTrainer(blobTrainer(data))
    await Promise.all([own.train(9, RATE), plain.train(9, RATE)])

    expect(own.params).toEqual(plain.params)
  })

  test('keeps the params it is given', async () => {
    const engine = await startEngine()
    const data = writeBlobs()
    const { params } = await engine.createTrainer(blobTrainer(data))
    const given = params.slice().fill(0.25)
    const shared = new Float32Array(new SharedArrayBuffer(given.byteLength))
    shared.set(given)
    const trainer = await engine.createTrainer(blobTrainer(data, { params: shared }))

    expect(trainer.params).toBe(shared)
    expect(shared).toEqual(given)
  })

  test('counts steps for AdamW', async () => {
    const engine = await startEngine()
    const data = writeBlobs()
    const adamw = { optimiser: { name: 'adamw' as const } }
    const [whole, parts] = [
      await engine.createTrainer(blobTrainer(data, adamw)),
      await engine.createTrainer(blobTrainer(data, adamw))
    ]
    await whole.train(6, RATE)
    await parts.train(3, RATE)
    await parts.train(3, RATE)

    expect(parts.params).toEqual(whole.params)
    expect(parts.state().optimiser.length).toBe(2 * parts.params.length)
  })

  test('limits evaluation to examples spread over the test set', async () => {
    const engine = await startEngine()
    const trainer = await engine.createTrainer(blobTrainer(writeBlobs(), { testLimit: 7, evaluateBatchSize: 3 }))

    expect((await trainer.evaluate()).examples).toBe(7)
  })
})

describe('a wrong request', () => {
  test.each([
    { id: 'no examples', wrong: { indices: new Uint32Array(0) }, code: 'ERR_CONFIG_INVALID' },
    { id: 'an index beyond the data', wrong: { indices: Uint32Array.of(240) }, code: 'ERR_CONFIG_INVALID' },
    { id: 'a slice too many', wrong: { slice: { partition: 'iid', nodes: 3, index: 3 } }, code: 'ERR_CONFIG_INVALID' },
    { id: 'no batch', wrong: { batchSize: 0 }, code: 'ERR_CONFIG_INVALID' },
    { id: 'private memory', wrong: { params: (dim: number) => new Float32Array(dim) }, code: 'ERR_CONFIG_INVALID' },
    { id: 'params of another model', wrong: { params: new Float32Array(3) }, code: 'ERR_PARAMS_DIM' },
    { id: 'data that is not there', wrong: { data: 'csv:/nowhere.csv' }, code: expect.stringMatching(/^ERR_DATA_/) }
  ])('is refused: $id', async ({ wrong, code }) => {
    const engine = await startEngine()
    const data = writeBlobs()

    await expect(engine.createTrainer(blobTrainer(data, wrong))).rejects.toMatchObject({ code })
    await expect(engine.createTrainer(blobTrainer(data))).resolves.toBeDefined()
  })

  test('is refused: steps and examples that cannot be', async () => {
    const engine = await startEngine()
    const trainer = await engine.createTrainer(blobTrainer(writeBlobs()))

    await expect(trainer.train(0, RATE)).rejects.toMatchObject({ code: 'ERR_CONFIG_INVALID' })
    for (const indices of [[], [240], [-1], [0.5]]) {
      await expect(trainer.loss(indices)).rejects.toMatchObject({ code: 'ERR_EXAMPLE_UNKNOWN' })
    }
  })
})
