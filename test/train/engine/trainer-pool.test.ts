import { describe, expect, test } from 'vitest'
import type { Engine } from '../../../src/train/engine/engine.ts'
import type { TrainerPool, TrainerPoolInit } from '../../../src/train/engine/trainer-pool.ts'
import { blobTrainer, startEngine, writeBlobs } from './blobs.ts'

const CUT = { partition: 'dirichlet:0.5', nodes: 5 } as const
const ROUND = { round: 3, steps: 7, learningRate: 0.05 }
/** So many that only an abort ends them within the test. */
const ENDLESS = { ...ROUND, steps: 1_000_000 }

function poolInit(path: string, overrides: Partial<TrainerPoolInit> = {}): TrainerPoolInit {
  const { stream: _, ...init } = blobTrainer(path)

  return { ...init, cut: CUT, ...overrides }
}

async function openPool(overrides: Partial<TrainerPoolInit> = {}): Promise<{ engine: Engine; pool: TrainerPool }> {
  const engine = await startEngine()

  return { engine, pool: await engine.createTrainerPool(poolInit(writeBlobs(), overrides)) }
}

async function firstModel(pool: TrainerPool): Promise<Float32Array> {
  const params = new Float32Array(pool.layout.dim)
  await pool.single().initialise(params)

  return params
}

async function trained(pool: TrainerPool, node: number, round = ROUND.round): Promise<Float32Array> {
  const params = await firstModel(pool)
  await pool.forSlice(node).train(params, { ...ROUND, round })

  return params
}

/** Until what was called has reached the thread. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

describe('training in a pool', () => {
  test.each(['sgd', 'adamw'] as const)('depends on params, node and round alone, with %s', async (name) => {
    const { pool } = await openPool({ optimiser: { name } })
    const before = await trained(pool, 2)
    // whatever ran between: other nodes, other rounds, other models, an evaluation
    const others = [await trained(pool, 1), await trained(pool, 2, 4), await trained(pool, 0, 9)]
    await pool.evaluate(others[0]!)
    const noise = before.map((value, i) => value + Math.sin(i))
    await pool.forSlice(2).train(noise, { ...ROUND, steps: 2 })

    expect(await trained(pool, 2)).toEqual(before)
    for (const other of others) expect(other).not.toEqual(before)
    expect(noise).not.toEqual(before)
  })

  test('is what a trainer of that slice does in its first steps', async () => {
    const { engine, pool } = await openPool()
    const path = writeBlobs()
    const byHand = await engine.createTrainer(blobTrainer(path, { stream: '2:3', slice: { ...CUT, index: 2 } }))
    const params = await firstModel(pool)
    expect(params).toEqual(byHand.params)

    const node = pool.forSlice(2)
    const report = await node.train(params, ROUND)
    expect(await byHand.train(ROUND.steps, ROUND)).toEqual(report)
    expect(params).toEqual(byHand.params)
    expect(await node.evaluate(params)).toEqual(await byHand.evaluate())
    expect([node.exampleCount, node.testCount, node.device]).toEqual([byHand.exampleCount, byHand.testCount, 'cpu'])
    expect(node.classCounts).toEqual(byHand.classCounts)
  })

  test('on all the data is what a trainer of all does', async () => {
    const { engine, pool } = await openPool()
    const byHand = await engine.createTrainer(blobTrainer(writeBlobs(), { stream: 'own:3' }))
    const params = await firstModel(pool)
    const node = pool.single('own')
    await node.train(params, ROUND)
    await byHand.train(ROUND.steps, ROUND)

    expect(params).toEqual(byHand.params)
    expect(node.exampleCount).toBe(240)
    expect(node.classCounts).toEqual(byHand.classCounts)
  })

  test('gives the same bits whichever of two slots it is in', async () => {
    const { engine, pool } = await openPool({ slots: 2 })
    const single = await engine.createTrainerPool(poolInit(writeBlobs()))
    const nodes = [0, 1, 2, 3, 4, 0, 1, 2, 3, 4]
    // an odd number of calls before, so that the second time each node meets the other slot
    await trained(pool, 0)
    const both = await Promise.all(nodes.map((node) => trained(pool, node)))

    for (const [i, node] of nodes.entries()) expect(both[i]).toEqual(await trained(single, node))
  })

  test('serves a thousand nodes from one slot', async () => {
    const { pool } = await openPool({
      data: `csv:${writeBlobs({ rows: 3000 })}`,
      cut: { partition: 'iid', nodes: 1000 }
    })
    const nodes = Array.from({ length: 1000 }, (_, index) => pool.forSlice(index))
    const counts = nodes.map(({ exampleCount }) => exampleCount)
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(2400)
    expect(new Set(counts)).toEqual(new Set([2, 3]))

    const first = await firstModel(pool)
    const models = await Promise.all(
      nodes.map(async (node) => {
        const params = first.slice()
        await node.train(params, { ...ROUND, steps: 1 })
        return params
      })
    )
    expect(new Set(models.map((params) => params.join())).size).toBeGreaterThan(900)
  })
})

describe('evaluation in a pool', () => {
  test('is that of a trainer, for every limit and model', async () => {
    const { engine, pool } = await openPool()
    const byHand = await engine.createTrainer(blobTrainer(writeBlobs()))
    const params = await trained(pool, 0)
    const near = params.map((value, i) => (i === 5 ? value + 0.5 : value))
    for (const model of [params, near, params]) {
      byHand.params.set(model)
      for (const options of [{}, { limit: 7 }, { limit: 1000 }]) {
        expect(await pool.forSlice(1).evaluate(model, options)).toEqual(await byHand.evaluate(options))
      }
    }
  })

  test('of the same model at the same time is done once', async () => {
    const { pool } = await openPool()
    const params = await firstModel(pool)
    const asked = [0, 1, 2, 3, 4].map((node) => pool.forSlice(node).evaluate(params.slice()))
    const training = pool.forSlice(0).train(params.slice(), ROUND)
    await turn()
    // one evaluation is in hand, and the training waits; four more evaluations do not
    expect(pool.waiting).toBeLessThanOrEqual(1)

    const [first, ...others] = await Promise.all(asked)
    for (const other of others) expect(other).toEqual(first)
    expect(await pool.evaluate(params)).toEqual(first)
    await training
  })

  test('goes on for the second asker when the first closes', async () => {
    const { pool } = await openPool()
    const params = await firstModel(pool)
    const node = pool.forSlice(0)
    const gone = expect(node.evaluate(params)).rejects.toMatchObject({ code: 'ERR_TRAINER_CLOSED' })
    const stays = pool.forSlice(1).evaluate(params)
    await node.close()
    await gone

    expect((await stays).examples).toBe(60)
  })
})

describe('the queue of a pool', () => {
  test('serves calls in the order they were made', async () => {
    const { pool } = await openPool()
    const params = await firstModel(pool)
    const done: number[] = []
    const calls = [3, 1, 4, 0, 2].map(async (node) => {
      await pool.forSlice(node).train(params.slice(), ROUND)
      done.push(node)
    })
    await Promise.all(calls)

    expect(done).toEqual([3, 1, 4, 0, 2])
  })

  test('forgets a call that is aborted while it waits', async () => {
    const { pool } = await openPool()
    const first = await firstModel(pool)
    const [abortFirst, abortSecond] = [new AbortController(), new AbortController()]
    const running = pool.forSlice(0).train(first.slice(), { ...ENDLESS, signal: abortFirst.signal })
    const untouched = first.slice()
    const waiting = pool.forSlice(1).train(untouched, { ...ROUND, signal: abortSecond.signal })
    const third = pool.forSlice(2).train(first.slice(), ROUND)
    expect(pool.waiting).toBe(2)

    const reason = new Error('enough')
    abortSecond.abort(reason)
    await expect(waiting).rejects.toBe(reason)
    expect(pool.waiting).toBe(1)
    abortFirst.abort()
    expect((await running).steps).toBeLessThan(ENDLESS.steps)
    expect((await third).steps).toBe(ROUND.steps)
    expect(untouched).toEqual(first)
  })

  test('ends a running call after the step in hand, with what was done in place', async () => {
    const { pool } = await openPool()
    const first = await firstModel(pool)
    const [aborted, whole] = [first.slice(), first.slice()]
    const abort = new AbortController()
    const running = pool.forSlice(0).train(aborted, { ...ENDLESS, signal: abort.signal })
    setTimeout(() => abort.abort(), 20)
    const { steps } = await running
    expect(steps).toBeGreaterThan(0)
    expect(steps).toBeLessThan(ENDLESS.steps)

    await pool.forSlice(0).train(whole, { ...ROUND, steps })
    expect(aborted).toEqual(whole)
  })
})

describe('closing', () => {
  test('a node ends its calls and leaves the others alone', async () => {
    const { pool } = await openPool()
    const first = await firstModel(pool)
    const [closed, open] = [pool.forSlice(0), pool.forSlice(1)]
    const running = closed.train(first.slice(), ENDLESS)
    const waiting = closed.evaluate(first)
    const other = open.train(first.slice(), ROUND)
    await turn()
    const refused = expect(waiting).rejects.toMatchObject({ code: 'ERR_TRAINER_CLOSED' })
    await Promise.all([closed.close(), closed.close()])

    expect((await running).steps).toBeLessThan(ENDLESS.steps)
    await refused
    expect((await other).steps).toBe(ROUND.steps)
    await expect(closed.train(first, ROUND)).rejects.toMatchObject({ code: 'ERR_TRAINER_CLOSED' })
  })

  test('a pool ends what runs and refuses what waits and what comes', async () => {
    const { pool, engine } = await openPool()
    const first = await firstModel(pool)
    const evaluated = await pool.evaluate(first)
    const node = pool.forSlice(0)
    const running = node.train(first.slice(), ENDLESS)
    const waiting = expect(node.train(first.slice(), ROUND)).rejects.toMatchObject({ code: 'ERR_TRAINER_CLOSED' })
    await turn()
    await Promise.all([pool.close(), pool.close()])

    expect((await running).steps).toBeLessThan(ENDLESS.steps)
    await waiting
    expect(evaluated.examples).toBe(60)
    for (const call of [node.evaluate(first), node.train(first, ROUND), node.initialise(first)]) {
      await expect(call).rejects.toMatchObject({ code: 'ERR_TRAINER_CLOSED' })
    }
    await expect(engine.createTrainer(blobTrainer(writeBlobs()))).resolves.toBeDefined()
  })

  test('an engine ends the calls of its pools', async () => {
    const { pool, engine } = await openPool({ slots: 2 })
    const first = await firstModel(pool)
    const running = [0, 1].map((node) => pool.forSlice(node).train(first.slice(), ENDLESS))
    const waiting = expect(pool.forSlice(2).train(first.slice(), ROUND)).rejects.toMatchObject({
      code: 'ERR_ENGINE_CLOSED'
    })
    await turn()
    await engine.close()

    for (const { steps } of await Promise.all(running)) expect(steps).toBeLessThan(ENDLESS.steps)
    await waiting
    await pool.close()
  })
})

describe('a wrong request', () => {
  test.each([-1, 5, 0.5, Number.NaN])('is refused: slice %d of 5', async (index) => {
    const { pool } = await openPool()
    expect(() => pool.forSlice(index)).toThrow(expect.objectContaining({ code: 'ERR_CONFIG_INVALID' }))
  })

  test('is refused: numbers and vectors that cannot be', async () => {
    const { pool, engine } = await openPool()
    const node = pool.forSlice(0)
    const params = await firstModel(pool)
    const config = { code: 'ERR_CONFIG_INVALID' }

    await expect(node.train(params, { ...ROUND, steps: 0 })).rejects.toMatchObject(config)
    await expect(node.train(params, { ...ROUND, round: -1 })).rejects.toMatchObject(config)
    const short = { code: 'ERR_PARAMS_DIM' }
    await expect(node.train(params.subarray(1), ROUND)).rejects.toMatchObject(short)
    await expect(node.evaluate(params.subarray(1))).rejects.toMatchObject(short)
    await expect(node.initialise(params.subarray(1))).rejects.toMatchObject(short)
    for (const wrong of [{ slots: 0 }, { keptEvaluations: 0.5 }, { cut: { partition: 'iid', nodes: 1000 } }]) {
      await expect(engine.createTrainerPool(poolInit(writeBlobs(), wrong))).rejects.toMatchObject(config)
    }
    expect((await node.train(params, ROUND)).steps).toBe(ROUND.steps)
  })
})
