import { describe, expect, test } from 'vitest'
import { compileStep } from '../../../src/train/compile.ts'
import { Executors } from '../../../src/train/engine/executors.ts'
import { RefCache } from '../../../src/train/engine/ref-cache.ts'
import { createModel } from '../../../src/train/models/registry.ts'
import type { StepProgram } from '../../../src/train/program.ts'

function program(batchSize: number): StepProgram {
  const model = createModel({ name: 'linear' }, { shape: [3], type: 'float32', classes: 2 })

  return compileStep(model, { batchSize, optimiser: { name: 'sgd' } })
}

describe('executors', () => {
  test('compile a graph once for all who run it, and drop it with the last', async () => {
    const executors = new Executors('cpu', { threads: 1, spin: false })
    const [a, b, other] = [
      await executors.step(program(4)),
      await executors.step(program(4)),
      await executors.step(program(8))
    ]
    expect(a.executor).toBe(b.executor)
    expect(a.executor).not.toBe(other.executor)
    expect(executors.size).toBe(2)

    for (const loan of [a, b, other]) await loan.release()
    expect(executors.size).toBe(0)
  })

  test('keep two models of one graph apart', async () => {
    const executors = new Executors('cpu', { threads: 1, spin: false })
    const { executor, release } = await executors.step(program(4))
    executor.x.fill(1)
    const [one, two] = [new Float32Array(8), new Float32Array(8).fill(0.5)]
    const bound = [one, two].map((params) => executor.bind({ params, state: new Float32Array(8) }))
    const request = { learningRate: 0.1, firstStep: 1, fill: () => true }
    await bound[0]!.run(request)
    expect(two).toEqual(new Float32Array(8).fill(0.5))
    await bound[1]!.run(request)

    // equal logits give equal gradients: half of each class, whatever the params
    for (let i = 0; i < 8; i++) expect(two[i]! - 0.5).toBeCloseTo(one[i]!, 6)
    expect(one.some((value) => value !== 0)).toBe(true)
    await release()
  })
})

describe('a reference-counted cache', () => {
  test('makes a value once and disposes of it after its last user', async () => {
    const disposed: string[] = []
    const cache = new RefCache<string>(async (value) => void disposed.push(value))
    let made = 0
    const make = async (): Promise<string> => `value ${++made}`
    expect(await Promise.all([cache.acquire('k', make), cache.acquire('k', make)])).toEqual(['value 1', 'value 1'])

    await cache.release('k')
    expect(disposed).toEqual([])
    await cache.release('k')
    expect(disposed).toEqual(['value 1'])
    expect(cache.size).toBe(0)
    expect(await cache.acquire('k', make)).toBe('value 2')
    await expect(cache.release('other')).rejects.toThrow(RangeError)
  })

  test('forgets a failure', async () => {
    const cache = new RefCache<string>(async () => undefined)
    const fail = async (): Promise<string> => {
      throw new Error('not yet')
    }
    const results = await Promise.allSettled([cache.acquire('k', fail), cache.acquire('k', fail)])

    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    expect(cache.size).toBe(0)
    expect(await cache.acquire('k', async () => 'now')).toBe('now')
  })
})
