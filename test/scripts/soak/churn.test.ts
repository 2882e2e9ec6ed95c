import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type ChurnPlan, drawChurn } from '../../../scripts/soak/churn.ts'
import { createRng } from '../../../src/math/philox.ts'

const plan = (seed: number, nodes: number, seconds: number): ChurnPlan =>
  drawChurn(createRng(seed, 'test'), { nodes, seconds })

/** What a node may be told next. */
const NEXT: Readonly<Record<string, readonly string[]>> = {
  up: ['crash', 'leave', 'pause'],
  down: ['start'],
  paused: ['resume']
}
const THEN: Readonly<Record<string, string>> = {
  crash: 'down',
  leave: 'down',
  pause: 'paused',
  resume: 'up',
  start: 'up'
}

describe('drawChurn', () => {
  test('orders only what is possible, leaves half of the nodes alone, and ends calmly', () => {
    fc.assert(
      fc.property(
        fc.nat(),
        fc.integer({ min: 2, max: 20 }),
        fc.integer({ min: 60, max: 7200 }),
        (seed, nodes, seconds) => {
          const { stable, newcomer, orders } = plan(seed, nodes, seconds)
          const states = new Map([...Array(nodes).keys()].map((node) => [node, 'up']))
          states.set(newcomer, 'down')
          let at = 0
          for (const order of orders) {
            expect(order.seconds).toBeGreaterThanOrEqual(at)
            expect(NEXT[states.get(order.node)!]).toContain(order.action)
            states.set(order.node, THEN[order.action]!)
            at = order.seconds
          }

          expect([...states.values()].every((state) => state === 'up')).toBe(true)
          expect(at).toBeLessThanOrEqual(seconds - Math.min(seconds * 0.2, 90))
          expect(stable).toContain(0)
          expect(stable).toHaveLength(nodes - Math.floor(nodes / 2))
          for (const { node } of orders) expect(stable).not.toContain(node)
        }
      )
    )
  })

  test.each([3, 30])('in %i minutes eight nodes meet everything that can happen', (minutes) => {
    for (let seed = 0; seed < 50; seed++) {
      const actions = new Set(plan(seed, 8, minutes * 60).orders.map(({ action }) => action))
      expect([...actions].sort(), `seed ${seed}`).toEqual(['crash', 'leave', 'pause', 'resume', 'start'])
    }
  })

  test('is the same for the same seed, and another for another', () => {
    expect(plan(7, 8, 600)).toEqual(plan(7, 8, 600))
    expect(plan(7, 8, 600)).not.toEqual(plan(8, 8, 600))
  })
})
