import { describe, expect, test } from 'vitest'
import { createRng } from '../../src/math/philox.ts'
import { VectorHeap } from '../../src/math/vector-heap.ts'
import {
  type AggregateOptions,
  createAggregator,
  createPreAggregator,
  parseAggregator
} from '../../src/robust/registry.ts'
import { cloud } from './cloud.ts'
import * as by from './reference.ts'

/** Relative to how wide the cloud is. */
const TOLERANCE = 2e-6
const OWN = 3

const vectors = new VectorHeap()
const mixing = [0.3, 0.1, 0.05, 0.25, 0.1, 0.05, 0.05, 0.02, 0.03, 0.05]
const losses = [0.9, 0.2, 0.5, 0.6, 0.7, 0.4, 0.1, 0.65, 0.55, 0.8]

type X = readonly by.Vector[]
interface Case {
  readonly text: string
  readonly reference: (x: X) => number[]
  readonly options?: AggregateOptions
  readonly n?: number
  /** Also in 5000 dimensions: more than are worked on at a time. */
  readonly isWide?: boolean
}

const adaptive = (x: X, f: number): number =>
  x
    .map((row) => by.distance(row, x[OWN]!))
    .sort((a, b) => b - a)
    .at(f)!

const CASES: readonly Case[] = [
  { text: 'mean', reference: by.mean },
  { text: 'median', reference: by.median },
  { text: 'median', reference: by.median, n: 9 },
  { text: 'trimmed-mean:f=3', reference: (x) => by.trimmedMean(x, 3) },
  { text: 'meamed:f=3', reference: (x) => by.meamed(x, 3) },
  { text: 'krum:f=3', reference: (x) => by.krum(x, 5), isWide: true },
  { text: 'krum:f=3:neighbours=byzfl', reference: (x) => by.krum(x, 6) },
  { text: 'multi-krum:f=3', reference: (x) => by.multiKrum(x, 5, 7) },
  { text: 'multi-krum:f=3:m=4', reference: (x) => by.multiKrum(x, 5, 4) },
  { text: 'bulyan:f=1', reference: (x) => by.bulyan(x, 1) },
  { text: 'bulyan:f=2', reference: (x) => by.bulyan(x, 2), n: 12 },
  { text: 'mda:f=3', reference: (x) => by.mda(x, 3) },
  { text: 'smea:f=2', reference: (x) => by.smea(x, 2), n: 7 },
  { text: 'caf:f=2', reference: (x) => by.caf(x, 2) },
  { text: 'monna:f=4', reference: (x) => by.monna(x, 4, OWN), options: { own: OWN } },
  {
    text: 'centered-clipping:tau=1.5:start=origin',
    reference: (x) =>
      by.centeredClipping(
        x,
        1.5,
        1,
        x[0]!.map(() => 0)
      )
  },
  {
    text: 'centered-clipping:tau=1.5:steps=4:start=own',
    reference: (x) => by.centeredClipping(x, 1.5, 4, x[OWN]!),
    options: { own: OWN }
  },
  {
    text: 'self-centered-clipping:tau=1.2',
    reference: (x) => by.selfCenteredClipping(x, 1.2, OWN, mixing),
    options: { own: OWN, mixingWeights: mixing }
  },
  {
    text: 'self-centered-clipping',
    reference: (x) => by.selfCenteredClipping(x, adaptive(x, 1), OWN, mixing),
    options: { own: OWN, mixingWeights: mixing }
  },
  {
    text: 'self-centered-clipping:f=4',
    reference: (x) =>
      by.selfCenteredClipping(
        x,
        adaptive(x, 4),
        OWN,
        x.map(() => 1 / x.length)
      ),
    options: { own: OWN }
  },
  { text: 'geometric-median:steps=3', reference: (x) => by.smoothedWeiszfeld(x, 0.1, 3) },
  { text: 'geometric-median:steps=2:nu=2.5', reference: (x) => by.smoothedWeiszfeld(x, 2.5, 2) },
  { text: 'geometric-median', reference: (x) => by.smoothedWeiszfeld(x, 1e-9, 500), n: 9 },
  { text: 'flag:r=2', reference: (x) => by.flag(x, 2, 1) },
  { text: 'flag:r=3:iterations=2', reference: (x) => by.flag(x, 3, 2) },
  { text: 'flag:r=8', reference: (x) => by.flag(x, 8, 1) },
  {
    text: 'mozi',
    reference: (x) => by.mozi(x, { own: OWN, losses, rho: 0.4, alpha: 0.5 }),
    options: { own: OWN, losses }
  },
  {
    text: 'mozi:rho=1:alpha=0.2',
    reference: (x) => by.mozi(x, { own: OWN, losses, rho: 1, alpha: 0.2 }),
    options: { own: OWN, losses }
  },
  { text: 'nnm:f=3,trimmed-mean', reference: (x) => by.trimmedMean(by.nnm(x, 3), 3), isWide: true },
  { text: 'nnm:f=3,median', reference: (x) => by.median(by.nnm(x, 3)), isWide: true },
  { text: 'nnm:f=3,multi-krum:m=2', reference: (x) => by.multiKrum(by.nnm(x, 3), 5, 2) },
  { text: 'clipping:c=2,bulyan:f=1', reference: (x) => by.bulyan(by.clipping(x, 2), 1), isWide: true },
  { text: 'clipping:c=2,mean', reference: (x) => by.mean(by.clipping(x, 2)) },
  { text: 'clipping:c=2,nnm:f=3,trimmed-mean', reference: (x) => by.trimmedMean(by.nnm(by.clipping(x, 2), 3), 3) },
  { text: 'clipping:c=2,geometric-median', reference: (x) => by.smoothedWeiszfeld(by.clipping(x, 2), 1e-9, 500), n: 9 },
  { text: 'nnm:f=3,clipping:c=1,mean', reference: (x) => by.mean(by.clipping(by.nnm(x, 3), 1)) },
  { text: 'arc:f=3,nnm,mean', reference: (x) => by.mean(by.nnm(by.arc(x, 3), 3)) },
  { text: 'clipping:c=3,caf:f=2', reference: (x) => by.caf(by.clipping(x, 3), 2) },
  { text: 'arc:f=3,multi-krum', reference: (x) => by.multiKrum(by.arc(x, 3), 5, 7) },
  { text: 'clipping:c=1.5,smea:f=2', reference: (x) => by.smea(by.clipping(x, 1.5), 2), n: 7 },
  {
    text: 'clipping:c=2,monna:f=4',
    reference: (x) => by.monna(by.clipping(x, 2), 4, OWN),
    options: { own: OWN }
  },
  {
    text: 'nnm:f=3,centered-clipping:tau=0.3:steps=2:start=own',
    reference: (x) => by.centeredClipping(by.nnm(x, 3), 0.3, 2, by.nnm(x, 3)[OWN]!),
    options: { own: OWN }
  }
]

function expectClose(actual: Float32Array, expected: readonly number[]): void {
  expect(by.distance([...actual], expected)).toBeLessThan(TOLERANCE * (1 + by.norm(expected)))
}

describe.each(CASES)(
  '$text is what its definition says',
  ({ text, reference, options = {}, n = 10, isWide = false }) => {
    test.each(isWide ? [1, 3, 12, 5000] : [1, 3, 12])('in %i dimensions', (dim) => {
      for (const seed of [1, 2, 3]) {
        const updates = cloud({ seed: seed * 10_000 + dim, n, dim })
        const x = updates.map((update) => [...update])
        expectClose(createAggregator(parseAggregator(text), { vectors }).aggregate(updates, options), reference(x))
      }
    })
  }
)

describe('pre-aggregators by themselves', () => {
  const updates = cloud({ seed: 9, n: 7, dim: 11 })
  const x = updates.map((update) => [...update])

  test.each([
    { rule: 'nnm', f: 2, expected: by.nnm(x, 2) },
    { rule: 'clipping', c: 2.5, expected: by.clipping(x, 2.5) },
    { rule: 'arc', f: 2, expected: by.arc(x, 2) },
    {
      rule: 'bucketing',
      s: 3,
      expected: by.bucketing(x, 3, createRng(5, 'buckets').shuffle([0, 1, 2, 3, 4, 5, 6]))
    }
  ] as const)('$rule', ({ expected, ...spec }) => {
    const rng = createRng(5, 'buckets')
    const pre = createPreAggregator(spec, { vectors, rng })
    const outs = Array.from({ length: pre.outputs(7) }, () => new Float32Array(11))
    pre.mixInto(outs, updates)

    expect(outs.length).toBe(expected.length)
    for (const [i, row] of expected.entries()) expectClose(outs[i]!, row)
  })
})

test('bucketing in a chain draws anew each call, and needs enough updates for the rule after it', () => {
  const updates = cloud({ seed: 9, n: 9, dim: 4 })
  const rng = createRng(5, 'buckets')
  const bucketed = createAggregator(parseAggregator('bucketing:s=2,trimmed-mean:f=1'), { vectors, rng })
  const x = updates.map((update) => [...update])
  const twin = createRng(5, 'buckets')
  const expected = () => by.trimmedMean(by.bucketing(x, 2, twin.shuffle([0, 1, 2, 3, 4, 5, 6, 7, 8])), 1)

  expect(bucketed.minUpdates).toBe(5) // two groups of two and one of one are three
  const [first, second] = [bucketed.aggregate(updates), bucketed.aggregate(updates)]
  expectClose(first, expected())
  expectClose(second, expected())
  expect([...first]).not.toEqual([...second])
})

test('flag restores the median length when asked to', () => {
  const updates = cloud({ seed: 4, n: 9, dim: 6 })
  const x = updates.map((update) => [...update])
  const lengths = x.map(by.norm).sort((a, b) => a - b)

  expectClose(
    createAggregator({ rule: 'flag', r: 3, magnitude: 'median' }, { vectors }).aggregate(updates),
    by.times(by.flag(x, 3, 1), (3 / 9) * lengths[4]!)
  )
})
