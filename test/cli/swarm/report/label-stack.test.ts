import fc from 'fast-check'
import { expect, test } from 'vitest'
import { stackLabels } from '../../../../src/cli/swarm/report/label-stack.ts'

test.each([
  { id: 'far apart: where they want to be', wanted: [10, 50, 90], expected: [10, 50, 90] },
  { id: 'alike: one after another', wanted: [20, 20, 20], expected: [20, 30, 40] },
  { id: 'at the end: back inside', wanted: [95, 99, 98], expected: [80, 100, 90] },
  { id: 'outside: to the bounds', wanted: [-50, 500], expected: [0, 100] },
  { id: 'none', wanted: [], expected: [] }
])('$id', ({ wanted, expected }) => {
  expect(stackLabels(wanted, 10, [0, 100])).toEqual(expected)
})

test('labels that fit never overlap, stay inside, and keep their order', () => {
  const places = fc.array(fc.double({ min: -50, max: 450, noNaN: true }), { maxLength: 20 })
  fc.assert(
    fc.property(places, (wanted) => {
      const stacked = stackLabels(wanted, 20, [0, 400])
      const order = wanted.map((_, i) => i).sort((a, b) => wanted[a]! - wanted[b]!)
      for (const [at, i] of order.entries()) {
        expect(stacked[i]).toBeGreaterThanOrEqual(-1e-9)
        expect(stacked[i]).toBeLessThanOrEqual(400)
        if (at > 0) expect(stacked[i]! - stacked[order[at - 1]!]!).toBeGreaterThanOrEqual(20 - 1e-9)
      }
    })
  )
})
