import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createRng } from '../../src/math/philox.ts'
import { VectorHeap } from '../../src/math/vector-heap.ts'
import { mixingWeights } from '../../src/merge/mean.ts'
import { createMerge, type MergeSpec } from '../../src/merge/registry.ts'
import { flatLayout, normals, updateOf } from './util.ts'

const vectors = new VectorHeap()
const f32 = (...values: number[]) => Float32Array.from(values)

interface Model {
  params: Float32Array
  fisher: Float32Array
  examples?: number
}

function mergeOf(
  [own, ...peers]: readonly [Model, ...Model[]],
  options: Partial<MergeSpec & { policy: 'fisher' }> = {}
) {
  const params = own.params.slice()
  const merge = createMerge({ ...options, policy: 'fisher' }, { vectors, layout: flatLayout(params.length) })
  merge.mergeInto({
    params,
    examples: own.examples ?? 1,
    updates: peers.map((peer) => updateOf(peer.params, peer.examples)),
    fisher: { own: own.fisher, updates: peers.map(({ fisher }) => fisher) }
  })

  return params
}

const anyModels = fc.record({
  seed: fc.nat(1 << 30),
  n: fc.integer({ min: 2, max: 6 }),
  dim: fc.integer({ min: 1, max: 3000 })
})

test('information of 1 everywhere: the mean weighted by examples', () => {
  fc.assert(
    fc.property(anyModels, ({ seed, n, dim }) => {
      const rng = createRng(seed, 'ones')
      const models = Array.from({ length: n }, (_, i) => ({
        params: normals(rng, dim),
        fisher: new Float32Array(dim).fill(1),
        examples: 1 + i
      })) as unknown as [Model, ...Model[]]
      const weights = mixingWeights(1, models.slice(1) as { examples: number }[])
      const merged = mergeOf(models)
      for (const [i, value] of merged.entries()) {
        expect(value).toBeCloseTo(
          models.reduce((sum, { params }, j) => sum + weights[j]! * params[i]!, 0),
          5
        )
      }
    }),
    { numRuns: 40 }
  )
})

test.each(['own', 'none'] as const)('against the definition, with zeros, favour=%s', (favour) => {
  fc.assert(
    fc.property(anyModels, ({ seed, n, dim }) => {
      const rng = createRng(seed, 'definition')
      const models = Array.from({ length: n }, () => ({
        params: normals(rng, dim),
        fisher: normals(rng, dim).map((value) => Math.max(0, value))
      })) as unknown as [Model, ...Model[]]
      const floor = 1e-3
      const norms = models.map(({ fisher }) => Math.hypot(...fisher) || 1)
      const merged = mergeOf(models, { favour, floor })
      for (let i = 0; i < dim; i++) {
        const shares = models.map(({ fisher }, j) => {
          const least = favour === 'none' || j === 0 ? floor : 0
          return Math.max(fisher[i]!, least) / norms[j]! / n
        })
        const total = shares.reduce((sum, share) => sum + share, 0)
        const expected = models.reduce((sum, { params }, j) => sum + shares[j]! * params[i]!, 0) / total
        expect(merged[i]).toBeCloseTo(expected, 5)
      }
    }),
    { numRuns: 30 }
  )
})

test('what matters to nobody stays ours, or becomes the mean', () => {
  const models: [Model, Model] = [
    { params: f32(2, 5), fisher: f32(0, 1) },
    { params: f32(8, 7), fisher: f32(0, 1) }
  ]
  expect([...mergeOf(models)]).toEqual([2, 6])
  expect([...mergeOf(models, { favour: 'none' })]).toEqual([5, 6])
  expect([...mergeOf(models, { own: 0 })]).toEqual([2, 7])
})

test('a peer cannot shout: the scale of its information is no matter, unless norm=raw', () => {
  const own = { params: f32(0, 0), fisher: f32(3, 4) }
  const peer = (scale: number) => ({ params: f32(1, 1), fisher: f32(3 * scale, 4 * scale) })
  expect([...mergeOf([own, peer(1e6)])]).toEqual([0.5, 0.5])
  expect([...mergeOf([own, peer(4)], { norm: 'raw' })]).toEqual([Math.fround(0.8), Math.fround(0.8)])
})

test('vectors of zeros count for nothing, and do no harm', () => {
  const zeros = { params: f32(9, 9), fisher: f32(0, 0) }
  const model = { params: f32(1, 2), fisher: f32(1, 1) }
  expect([...mergeOf([model, zeros])]).toEqual([1, 2])
  expect([...mergeOf([zeros, zeros])]).toEqual([9, 9])
  expect(mergeOf([zeros, model])[0]).toBeCloseTo(1, 4)
})

test.each([NaN, Infinity, -1])('a value of %d is refused, and nothing is written', (value) => {
  const params = f32(1, 2)
  const merge = createMerge({ policy: 'fisher' }, { vectors, layout: flatLayout(2) })
  const input = { params, examples: 1, updates: [updateOf(f32(3, 4))] }
  expect(() => merge.mergeInto({ ...input, fisher: { own: f32(1, 1), updates: [f32(1, value)] } })).toThrow(
    expect.objectContaining({ code: 'ERR_FISHER_VALUE', details: { model: 1 } })
  )
  expect([...params]).toEqual([1, 2])
})

test('one vector for each model, of its length', () => {
  const merge = createMerge({ policy: 'fisher' }, { vectors, layout: flatLayout(2) })
  expect(merge.needsFisher).toBe(true)
  const input = { params: f32(1, 2), examples: 1, updates: [updateOf(f32(3, 4))] }
  const missing = expect.objectContaining({ code: 'ERR_FISHER_MISSING' })
  expect(() => merge.mergeInto(input)).toThrow(missing)
  expect(() => merge.mergeInto({ ...input, fisher: { own: f32(1, 1), updates: [] } })).toThrow(missing)
  expect(() => merge.mergeInto({ ...input, fisher: { own: f32(1, 1), updates: [f32(1)] } })).toThrow(
    expect.objectContaining({ code: 'ERR_UPDATES_DIM' })
  )
})
