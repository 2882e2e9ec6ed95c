import { expect, test } from 'vitest'
import { WaitRegister } from '../../../src/interface/waits.ts'
import { Condition } from '../../../src/learners/condition.ts'
import { Applying } from '../../../src/learners/spsa/applying.ts'
import { Orders } from '../../../src/learners/spsa/orders.ts'
import { DEFAULT_LINKS } from '../../../src/sim/link-spec.ts'
import { Simulator } from '../../../src/sim/simulator.ts'

/** A node that is stopped with so many projections waiting, each a portion. @returns whether it is to keep its state */
async function stopped(waiting: number): Promise<{ isKept: boolean | undefined; left: number; ms: number }> {
  const simulator = new Simulator({ seed: 1, links: DEFAULT_LINKS })
  const { clock } = simulator.join('ann')
  const waits = new WaitRegister({ clock })
  const replica = {
    dim: 2e9,
    waiting,
    get settlingCost() {
      return replica.dim * replica.waiting
    },
    apply: (most: number) => {
      const count = Math.min(most, replica.waiting)
      replica.waiting -= count
      return count
    },
    ledger: {} as never
  }
  const changes = new Condition({ waits, onExpired: () => undefined })
  const applying = new Applying({ replica, orders: new Orders(), changes, waits })
  const sinceMs = simulator.nowMs
  let isKept: boolean | undefined
  void applying.last().then((kept) => {
    isKept = kept
  })
  await simulator.run({ until: () => isKept !== undefined, maxMs: 60_000 })

  return { isKept, left: replica.waiting, ms: simulator.nowMs - sinceMs }
}

test('a node that is stopped takes in what waits, and keeps its state', async () => {
  expect(await stopped(1000)).toMatchObject({ isKept: true, left: 0 })
})

test('one with too much of it stops in a few seconds, and keeps no state', async () => {
  const { isKept, left, ms } = await stopped(100_000)
  expect(isKept).toBe(false)
  expect(left).toBeGreaterThan(1000)
  expect(ms).toBe(5000)
})
