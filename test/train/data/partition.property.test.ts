import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { classesHeld, partition } from '../../../src/train/data/partition.ts'

const seed = fc.integer({ min: 0, max: 2 ** 32 - 1 })

/** Labels in which every class occurs at least `least` times. */
const labelled = (least: number) =>
  fc
    .record({ classes: fc.integer({ min: 2, max: 12 }), more: fc.array(fc.nat(1000), { maxLength: 300 }) })
    .map(({ classes, more }) => ({
      classes,
      labels: Int32Array.from([
        ...Array.from({ length: classes * least }, (_, i) => i % classes),
        ...more.map((value) => value % classes)
      ])
    }))

function expectDealt(shares: readonly Uint32Array[], count: number): void {
  const all = shares.flatMap((share) => [...share])
  expect(new Set(all).size).toBe(all.length) // disjoint
  expect(all.length).toBe(count)
  for (const share of shares) expect([...share]).toEqual([...share].sort((a, b) => a - b))
  if (count > 0) expect(Math.max(...all)).toBeLessThan(count)
}

describe('iid', () => {
  test('equal shares of everything, to within one', () => {
    fc.assert(
      fc.property(labelled(3), fc.integer({ min: 1, max: 6 }), seed, ({ labels, classes }, nodes, s) => {
        const shares = partition(labels, classes, 'iid', nodes, s)
        expectDealt(shares, labels.length)
        const sizes = shares.map((share) => share.length)
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1)
        expect(partition(labels, classes, 'iid', nodes, s)).toEqual(shares)
      })
    )
  })
})

describe('classes:K', () => {
  const nodes = 9 // at most 9 holders a class, of which it has at least as many examples
  const scenario = labelled(nodes).chain(({ labels, classes }) =>
    fc.record({
      labels: fc.constant(labels),
      classes: fc.constant(classes),
      perNode: fc.integer({ min: 1, max: classes }),
      nodes: fc.integer({ min: 1, max: nodes }),
      s: seed
    })
  )

  test('K classes a node, balanced, in equal shares', () => {
    fc.assert(
      fc.property(scenario, ({ labels, classes, perNode, nodes, s }) => {
        const shares = partition(labels, classes, `classes:${perNode}`, nodes, s)
        const held = shares.map((share) => classesHeld(labels, share))
        for (const classesOfNode of held) expect(classesOfNode.length).toBe(perNode)

        const holders = Array.from({ length: classes }, (_, c) => held.filter((list) => list.includes(c)).length)
        expect(Math.max(...holders) - Math.min(...holders)).toBeLessThanOrEqual(1)
        if (nodes * perNode >= classes) expectDealt(shares, labels.length)

        for (let c = 0; c < classes; c++) {
          const sizes = shares.map((share) => [...share].filter((i) => labels[i] === c).length).filter((n) => n > 0)
          if (sizes.length > 0) expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1)
        }
        expect(partition(labels, classes, `classes:${perNode}`, nodes, s)).toEqual(shares)
      })
    )
  })
})

describe('dirichlet:ALPHA', () => {
  test('deals everything, and nobody goes short, however extreme alpha', () => {
    fc.assert(
      fc.property(
        labelled(1),
        fc.constantFrom('0.001', '0.05', '.5', '1', '100', '1e6'),
        fc.integer({ min: 1, max: 12 }),
        seed,
        ({ labels, classes }, alpha, wanted, s) => {
          const nodes = Math.min(wanted, labels.length)
          const shares = partition(labels, classes, `dirichlet:${alpha}`, nodes, s)
          expectDealt(shares, labels.length)
          const least = Math.min(10, Math.floor(labels.length / nodes))
          for (const share of shares) expect(share.length).toBeGreaterThanOrEqual(least)
          expect(partition(labels, classes, `dirichlet:${alpha}`, nodes, s)).toEqual(shares)
        }
      )
    )
  })
})
