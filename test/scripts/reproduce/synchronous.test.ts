import { expect, test } from 'vitest'
import { dumbbell } from '../../../scripts/reproduce/robust/graph.ts'
import { halvedShares } from '../../../scripts/reproduce/robust/shares.ts'
import { runSynchronous, type SynchronousInit } from '../../../scripts/reproduce/robust/synchronous.ts'

const DATA = 'glyphs'

async function init(more: Partial<SynchronousInit>): Promise<SynchronousInit> {
  return {
    graph: dumbbell(2),
    data: DATA,
    model: { name: 'linear' },
    shares: await halvedShares({ data: DATA, seed: 1 }, 2),
    rule: 'mean',
    rounds: 30,
    batchSize: 16,
    momentum: 0.9,
    learningRate: 0.05,
    seed: 1,
    ...more
  }
}

test('groups that know half of the classes each know all of them once they have met', async () => {
  const groups = [
    [0, 1],
    [2, 3]
  ]
  const met = await runSynchronous(await init({ groups }))
  const apart = await runSynchronous(await init({ groups, rule: 'self-centered-clipping:tau=0' }))

  // five classes alone are half of the test set at most
  expect(Math.max(...apart.groups)).toBeLessThanOrEqual(0.5)
  expect(Math.min(...met.groups)).toBeGreaterThan(Math.max(...apart.groups))
  expect(met.distance).toBeLessThan(apart.distance)
})

test('the same twice', async () => {
  const setting = await init({ rule: 'mozi', rounds: 3 })

  expect(await runSynchronous(setting)).toEqual(await runSynchronous(setting))
})

test('a swarm whose models leave the finite numbers says when, and is worth nothing', async () => {
  const result = await runSynchronous(await init({ learningRate: 1e38, rounds: 5 }))

  expect(result.accuracy).toBe(0)
  expect(result.divergedIn).toBeLessThanOrEqual(5)
})
