import { expect, test } from 'vitest'
import type { LearnerStatus } from '../../../src/interface/learner.ts'
import { WaitRegister } from '../../../src/interface/waits.ts'
import { Condition } from '../../../src/learners/condition.ts'
import { Applying } from '../../../src/learners/spsa/applying.ts'
import { Orders } from '../../../src/learners/spsa/orders.ts'
import { Training, type TrainingParts } from '../../../src/learners/spsa/training.ts'
import { realClock } from '../../integration/gossip-nodes.ts'

/** So many params that each projection is a portion of its own. */
const DIM = 3e9

/** A node with projections of others waiting, of whose parts only what decides the order of work is real. */
function training(steps: number, waiting: number) {
  const waits = new WaitRegister({ clock: realClock })
  const changes = new Condition({ waits, onExpired: () => undefined })
  const replica = {
    dim: DIM,
    waiting,
    portions: [] as number[],
    nextPlace: 0,
    ledger: { voidFrom: () => undefined },
    keyOf: () => ({ key0: 0, key1: 0 }),
    draft: () => replica.nextPlace++,
    apply: (most: number) => {
      const count = Math.min(most, replica.waiting)
      replica.waiting -= count
      replica.portions.push(count)
      return count
    }
  }
  /** What waited when each measurement began; others write five more during each. */
  const atMeasuring: number[] = []
  const applying = new Applying({ replica: replica as never, orders: new Orders(), changes, waits })
  const status: LearnerStatus = { phase: 'train', round: 0, steps: 0 }
  const parts = {
    self: 'ann',
    replica,
    status,
    measuring: {
      drawBatch: () => [],
      measure: async () => {
        atMeasuring.push(replica.waiting)
        replica.waiting += 5
        return { difference: 0, loss: 0 }
      }
    },
    writing: { hasRoom: true, isDue: false, flushAll: async () => undefined },
    reporting: { addLoss: () => undefined, elapsedMs: 0 },
    schedule: { isDue: () => false },
    rests: { take: async () => undefined },
    apply: (options: { signal: AbortSignal }) => applying.backlog(options)
  } as unknown as TrainingParts
  const init = { projections: { encode: () => 0 }, queries: 1, budget: { rounds: steps }, maxLength: steps } as never

  return { replica, atMeasuring, run: () => new Training(parts, init).run({ signal: new AbortController().signal }) }
}

test('whatever waits is in the model before the next measurement, in portions', async () => {
  const { replica, atMeasuring, run } = training(4, 9)
  await run()

  expect(atMeasuring).toEqual([0, 0, 0, 0])
  expect(replica.portions.filter((count) => count > 0)).toEqual(Array.from({ length: 9 + 3 * 5 }, () => 1))
})

test('a node that is written to while it applies still comes to measure', async () => {
  const { replica, atMeasuring, run } = training(2, 3)
  const { apply } = replica
  replica.apply = (most) => {
    const count = apply(most)
    replica.waiting++
    return count
  }
  await run()

  expect(atMeasuring).toHaveLength(2)
})
