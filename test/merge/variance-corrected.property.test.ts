import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createLayout, elementCount } from '../../src/interface/params.ts'
import { createRng } from '../../src/math/philox.ts'
import { VectorHeap } from '../../src/math/vector-heap.ts'
import { createMerge, type MergeSpec } from '../../src/merge/registry.ts'
import { flatLayout, mlpLayout, normals, updateOf, varianceOf } from './util.ts'

const vectors = new VectorHeap()
const SPEC = { policy: 'variance-corrected' } as const

function mergeOf(models: readonly Float32Array[], spec: MergeSpec = SPEC) {
  const params = models[0]!.slice()
  const merge = createMerge(spec, { vectors, layout: flatLayout(params.length) })
  const report = merge.mergeInto({ params, examples: 1, updates: models.slice(1).map((each) => updateOf(each)) })

  return { params, factor: report.factors![0]!.factor }
}

test('unrelated models: 1/n of the variance before, all of it after, and a factor of about sqrt(n)', () => {
  for (const n of [2, 5, 16]) {
    const rng = createRng(7, `variance:${n}`)
    const models = Array.from({ length: n }, () => normals(rng, 40_000, 0.3))
    const mean = mergeOf(models, { policy: 'variance-corrected', epsilon: 0 })
    expect(varianceOf(mean.params) / mean.factor ** 2).toBeCloseTo(0.09 / n, 2 + Math.log10(n))
    expect(varianceOf(mean.params) / 0.09).toBeCloseTo(1, 1.5)
    expect(mean.factor / Math.sqrt(n)).toBeCloseTo(1, 1.5)
  }
})

/** Models between alike and unrelated, off zero, of different spread. */
const scenario = fc.record({
  seed: fc.nat(1 << 30),
  n: fc.integer({ min: 2, max: 9 }),
  dim: fc.integer({ min: 50, max: 5000 }),
  common: fc.double({ min: 0, max: 1, noNaN: true }),
  offset: fc.double({ min: -2, max: 2, noNaN: true }),
  target: fc.constantFrom('others', 'self', 'conservative')
})

test('the variance after a merge is the target to 1e-6', () => {
  fc.assert(
    fc.property(scenario, ({ seed, n, dim, common, offset, target }) => {
      const rng = createRng(seed, 'variance')
      const shared = normals(rng, dim)
      const models = Array.from({ length: n }, () =>
        normals(rng, dim).map((value, i) => offset + Math.sqrt(common) * shared[i]! + Math.sqrt(1 - common) * value)
      )
      const own = varianceOf(models[0]!)
      const others = models.slice(1).reduce((sum, model) => sum + varianceOf(model), 0) / (n - 1)
      const expected = { others, self: own, conservative: own / n + others * (1 - 1 / n) }[target]!
      const { params } = mergeOf(models, { ...SPEC, target: target as 'others' })
      expect(Math.abs(varianceOf(params) / expected - 1)).toBeLessThan(1e-6)
    }),
    { numRuns: 60 }
  )
})

test('against the definition in float64', () => {
  const rng = createRng(3, 'definition')
  const models = Array.from({ length: 4 }, () => normals(rng, 3000))
  const weights = [0.4, 0.2, 0.2, 0.2]
  const mean = Float64Array.from(models[0]!, (_, i) => models.reduce((sum, m, j) => sum + weights[j]! * m[i]!, 0))
  const centre = mean.reduce((sum, value) => sum + value, 0) / mean.length
  const variance = mean.reduce((sum, value) => sum + (value - centre) ** 2, 0) / mean.length
  const target = models.slice(1).reduce((sum, model) => sum + varianceOf(model) / 3, 0)
  const { params, factor } = mergeOf(models, { ...SPEC, own: 0.4 })
  expect(factor).toBeCloseTo(Math.sqrt(target / variance), 6)
  for (const [i, value] of mean.entries()) expect(params[i]).toBeCloseTo(centre + (value - centre) * factor, 5)
})

describe('the factor', () => {
  test('is 1 for alike models, which it leaves as they are', () => {
    const model = normals(createRng(1, 'alike'), 999)
    const { params, factor } = mergeOf([model, model, model])
    expect(factor).toBeCloseTo(1, 9)
    expect(Math.max(...params.map((value, i) => Math.abs(value - model[i]!)))).toBeLessThan(1e-6)
  })

  test('is bounded where models cancel, and where a peer has a giant variance or next to none', () => {
    const model = normals(createRng(1, 'bounds'), 10_000)
    const bound = Math.SQRT2 * 1.04
    expect(mergeOf([model, model.map((value) => -0.999 * value)]).factor).toBeCloseTo(bound, 9)
    expect(mergeOf([model, model.map((value) => 1e6 * value)]).factor).toBeLessThanOrEqual(bound)
    expect(mergeOf([model, model.map((value) => 1e-6 * value)]).factor).toBeCloseTo(1 / bound, 9)
  })

  test('is 1 where nothing varies: zeros, constants, one element', () => {
    for (const models of [
      [new Float32Array(8), new Float32Array(8)],
      [new Float32Array(8).fill(3), new Float32Array(8).fill(5)],
      [Float32Array.of(3), Float32Array.of(5)],
      [Float32Array.of(1, 2, 3), Float32Array.of(-1, -2, -3)],
      [Float32Array.of(1, 2, 3), Float32Array.of(7, 7, 7)]
    ]) {
      const { params, factor } = mergeOf(models)
      expect(factor).toBe(1)
      expect(params[0]).toBe((models[0]![0]! + models[1]![0]!) / 2)
    }
  })
})

test('models that cancel everywhere but in one place, near the largest float32, stay finite', () => {
  const own = normals(createRng(4, 'overflow'), 64)
  const largest = own.map((_, i) => (i % 2 === 0 ? 3.4e38 : -3.4e38))
  const cancelling = largest.map((value, i) => (i === 0 ? value : -value))
  const { params, factor } = mergeOf([own, largest, cancelling])
  expect(factor).toBeGreaterThan(1.5)
  expect(params.every(Number.isFinite)).toBe(true)
  expect(params[0]).toBeGreaterThan(3.4e38)
})

test('far from zero no digit is lost: the mean is 4096 times the spread', () => {
  const rng = createRng(2, 'far')
  const far = () => normals(rng, 20_000).map((value) => 4096 + value)
  const models = [far(), far(), far()]
  const target = (varianceOf(models[1]!) + varianceOf(models[2]!)) / 2
  // float32 itself rounds to 1/2048 of the spread here
  expect(varianceOf(mergeOf(models).params) / target).toBeCloseTo(1, 5)
})

test("by default kernels only, the output layer's too: embeddings, biases and norms get the mean", () => {
  const layout = createLayout([
    { name: 'a', shape: [2, 3], kind: 'kernel' },
    { name: 'b', shape: [3], kind: 'bias' },
    { name: 'n', shape: [3], kind: 'norm' },
    { name: 'h', shape: [3, 2], kind: 'head' },
    { name: 'e', shape: [4, 2], kind: 'embedding' }
  ])
  const rng = createRng(5, 'kinds')
  const [own, peer] = [normals(rng, layout.dim), normals(rng, layout.dim)]
  const corrected = (tensors: 'kernels' | 'weights' | 'all') => {
    const params = own.slice()
    const report = createMerge({ policy: 'variance-corrected', tensors }, { vectors, layout }).mergeInto({
      params,
      examples: 1,
      updates: [updateOf(peer)]
    })

    return { names: report.factors!.map(({ tensor }) => tensor).join(''), params }
  }
  expect(corrected('kernels').names).toBe('ah')
  expect(corrected('weights').names).toBe('ahe')
  expect(corrected('all').names).toBe('abnhe')
  const mean = own.map((value, i) => (value + peer[i]!) / 2)
  const { params } = corrected('kernels')
  for (const { kind, offset, shape } of layout.tensors) {
    const [found, plain] = [params, mean].map((values) => values.slice(offset, offset + elementCount(shape)))
    if (kind === 'kernel' || kind === 'head') expect(found).not.toEqual(plain)
    else expect(found).toEqual(plain)
  }
})

test('each kernel of a network has the mean variance that the peers have in it, to 1e-6', () => {
  const layout = mlpLayout([30, 20, 10, 5])
  const rng = createRng(9, 'network')
  // layers of different spread, as initialisers draw them
  const models = [1, 2, 3].map((spread) => {
    const model = normals(rng, layout.dim)
    for (const [t, { offset, shape }] of layout.tensors.entries()) {
      for (let i = offset; i < offset + elementCount(shape); i++) model[i] = model[i]! * spread * 0.3 ** t
    }

    return model
  })
  const tensorVariances = (model: Float32Array) =>
    layout.tensors.map(({ offset, shape }) => varianceOf(model.subarray(offset, offset + elementCount(shape))))
  const [, ...peers] = models.map(tensorVariances)
  const params = models[0]!.slice()
  const merge = createMerge(SPEC, { vectors, layout })
  const { factors } = merge.mergeInto({ params, examples: 1, updates: models.slice(1).map((each) => updateOf(each)) })
  const merged = tensorVariances(params)
  expect(factors!.map(({ tensor }) => tensor)).toEqual(['layer0.kernel', 'layer1.kernel', 'layer2.kernel'])
  for (const [t, { kind }] of layout.tensors.entries()) {
    const ratio = merged[t]! / ((peers[0]![t]! + peers[1]![t]!) / 2)
    if (kind === 'bias') expect(ratio).toBeLessThan(0.9)
    else expect(Math.abs(ratio - 1)).toBeLessThan(1e-6)
  }
})
