import { describe, expect, test } from 'vitest'
import { VectorHeap } from '../../src/math/vector-heap.ts'
import { createAggregator, parseAggregator } from '../../src/robust/registry.ts'
import { cloud } from './cloud.ts'
import * as by from './reference.ts'

const vectors = new VectorHeap()
const rule = (text: string) => createAggregator(parseAggregator(text), { vectors })
const withCode = (code: string) => expect.objectContaining({ code })
const updates = cloud({ seed: 1, n: 9, dim: 4 })

describe('fewest updates: for the rule, and for its guarantee', () => {
  test.each([
    { text: 'mean', min: 1, guarantee: 1 },
    { text: 'trimmed-mean:f=2', min: 5, guarantee: 5 },
    { text: 'krum:f=0', min: 3, guarantee: 3 },
    { text: 'krum:f=2', min: 5, guarantee: 7 },
    { text: 'krum:f=3:neighbours=byzfl', min: 7, guarantee: 9 },
    { text: 'multi-krum:f=2:m=6', min: 8, guarantee: 8 },
    { text: 'bulyan:f=2', min: 11, guarantee: 11 },
    { text: 'self-centered-clipping', min: 3, guarantee: 3 },
    { text: 'self-centered-clipping:tau=1', min: 1, guarantee: 1 },
    { text: 'nnm:f=3,median', min: 7, guarantee: 7 },
    { text: 'nnm:f=1,krum:f=2', min: 5, guarantee: 7 }
  ])('$text', ({ text, min, guarantee }) => {
    expect(rule(text)).toMatchObject({ minUpdates: min, guaranteeUpdates: guarantee })
  })
})

describe('what a call leaves out or gets wrong', () => {
  test.each([
    { text: 'monna:f=1', options: {}, code: 'ERR_OWN_UPDATE' },
    { text: 'self-centered-clipping', options: {}, code: 'ERR_OWN_UPDATE' },
    { text: 'mean', options: { own: 9 }, code: 'ERR_OWN_UPDATE' },
    { text: 'mean', options: { own: 0.5 }, code: 'ERR_OWN_UPDATE' },
    { text: 'centered-clipping:tau=1:start=last', options: {}, code: 'ERR_START_VECTOR' },
    { text: 'centered-clipping:tau=1:start=last', options: { start: new Float32Array(3) }, code: 'ERR_START_VECTOR' },
    {
      text: 'centered-clipping:tau=1:start=last',
      options: { start: Float32Array.of(1, NaN, 2, 3) },
      code: 'ERR_START_VECTOR'
    },
    { text: 'self-centered-clipping', options: { own: 0, mixingWeights: [1] }, code: 'ERR_MIXING_WEIGHTS' },
    {
      text: 'self-centered-clipping',
      options: { own: 0, mixingWeights: [3, -2, 0, 0, 0, 0, 0, 0, 0] },
      code: 'ERR_MIXING_WEIGHTS'
    },
    {
      text: 'self-centered-clipping',
      options: { own: 0, mixingWeights: [NaN, 1, 0, 0, 0, 0, 0, 0, 0] },
      code: 'ERR_MIXING_WEIGHTS'
    },
    { text: 'mozi', options: { own: 0 }, code: 'ERR_LOSSES_MISSING' },
    { text: 'mozi', options: { own: 0, losses: [1] }, code: 'ERR_LOSSES_MISSING' }
  ])('$text with $options: $code', ({ text, options, code }) => {
    const used = vectors.usedBytes
    expect(() => rule(text).aggregate(updates, options)).toThrow(withCode(code))
    expect(vectors.usedBytes).toBe(used)
  })

  test('no updates at all', () => {
    expect(() => rule('mean').aggregate([])).toThrow(withCode('ERR_TOO_FEW_UPDATES'))
  })

  test.each(['mda:f=12', 'smea:f=12'])('%s of 30 would try millions of subsets', (text) => {
    expect(() => rule(text).aggregate(cloud({ seed: 1, n: 30, dim: 2 }))).toThrow(withCode('ERR_TOO_MANY_SUBSETS'))
  })
})

describe('one update, or two', () => {
  const [a, b] = [Float32Array.of(1, -4), Float32Array.of(3, 8)]

  test.each(['mean', 'median', 'trimmed-mean:f=0', 'mda:f=0', 'smea:f=0', 'caf:f=0', 'meamed:f=0', 'geometric-median'])(
    '%s',
    (text) => {
      expect([...rule(text).aggregate([a])]).toEqual([1, -4])
      if (text !== 'geometric-median') expect([...rule(text).aggregate([a, b])]).toEqual([2, 2])
    }
  )

  test.each(['monna:f=0', 'self-centered-clipping:tau=100', 'centered-clipping:tau=100', 'nnm:f=0,monna'])(
    '%s',
    (text) => {
      expect([...rule(text).aggregate([a], { own: 0 })]).toEqual([1, -4])
      const both = rule(text).aggregate([a, b], { own: 1 })
      expect(by.distance([...both], [2, 2])).toBeLessThan(1e-6)
    }
  )

  test('mozi keeps its own without neighbours, and says so', () => {
    const out = new Float32Array(2)
    const { notice } = rule('mozi').aggregateInto(out, [a], { own: 0, losses: [1] })

    expect([...out]).toEqual([1, -4])
    expect(notice).toContain('no neighbours')
  })
})

describe('the report', () => {
  const out = new Float32Array(4)

  test('krum: one has all the weight, and is copied', () => {
    const { weights, notice } = rule('krum:f=2').aggregateInto(out, updates)
    const winner = weights!.indexOf(1)

    expect([...weights!].filter((weight) => weight !== 0)).toEqual([1])
    expect([...out]).toEqual([...updates[winner]!])
    expect(notice).toBeUndefined()
  })

  test('self-centered clipping: who was far has less than its share, and the own update the rest', () => {
    const far = [...updates.slice(0, 4), Float32Array.of(1e6, 0, 0, 0)]
    const { weights } = rule('self-centered-clipping:tau=1').aggregateInto(out, far, { own: 0 })

    expect(weights![4]).toBeCloseTo(0.2e-6, 8)
    expect(by.sum([...weights!])).toBeCloseTo(1, 12)
  })

  test('clipping towards zero takes weight away', () => {
    const { weights } = rule('clipping:c=0.01,mean').aggregateInto(out, updates)

    expect(by.sum([...weights!])).toBeLessThan(0.1)
  })

  test('mozi says when no neighbour was as good', () => {
    const { notice } = rule('mozi').aggregateInto(out, updates, { own: 0, losses: [0, 1, 1, 1, 1, 1, 1, 1, 1] })

    expect(notice).toContain('took the nearest')
  })
})

describe('mozi asks only for the losses that it looks at', () => {
  const mozi = rule('mozi:rho=0.25')

  test('the nearest neighbours and the own model', () => {
    const x = updates.map((update) => [...update])
    const near = by.nearestTo(x, x[5]!, 3) // itself and two of eight neighbours
    const candidates = mozi.candidates(updates, { own: 5 })

    expect(candidates).toEqual([...near].sort((a, b) => a - b))
    const losses: (number | undefined)[] = []
    for (const i of candidates) losses[i] = 1
    expect(() => mozi.aggregate(updates, { own: 5, losses })).not.toThrow()
  })

  test('other rules ask for none', () => {
    expect(rule('monna:f=2').candidates(updates, { own: 5 })).toEqual([])
  })

  test('a model without a loss counts as the worst', () => {
    const losses = [1, ...Array<number>(8).fill(NaN)]
    const { notice } = mozi.aggregateInto(new Float32Array(4), updates, { own: 0, losses })

    expect(notice).toContain('took the nearest')
  })
})

describe('digits', () => {
  /** Nine close models, far from zero, and two attackers: the first, so that everything would be relative to it. */
  const close = cloud({ seed: 8, n: 9, dim: 50, offset: 30, spread: 1e-4 })
  const attackers = [1e30, -1e30].map((value) => new Float32Array(50).fill(value))
  const mixed = [attackers[0]!, ...close, attackers[1]!]
  const x = close.map((update) => [...update])

  test.each([
    // whom an exact krum, mda or nnm picks among the honest ones, not just anybody
    { text: 'krum:f=2', expected: by.krum([...x, ...attackers.map((a) => [...a])], 7) },
    { text: 'mda:f=2', expected: by.mean(x) },
    { text: 'smea:f=2', expected: by.mean(x) },
    { text: 'multi-krum:f=2', expected: by.mean(x) },
    { text: 'nnm:f=2,median', expected: by.mean(x) }
  ])('$text is not blinded by huge values', ({ text, expected }) => {
    const out = rule(text).aggregate(mixed)

    // an ulp of float32 at 30 is 2e-6, and the models lie 1e-3 apart
    expect(by.distance([...out], expected)).toBeLessThan(50 * 4e-6)
  })

  test('centered clipping sees a huge value no farther than tau', () => {
    const out = rule('centered-clipping:tau=0.5:steps=2').aggregate(mixed, { own: 1 })
    const all = mixed.map((update) => [...update])

    expect(by.distance([...out], by.centeredClipping(all, 0.5, 2, all[1]!))).toBeLessThan(1e-4)
  })
})
