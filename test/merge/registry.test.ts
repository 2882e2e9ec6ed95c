import { describe, expect, test } from 'vitest'
import { createRng } from '../../src/math/philox.ts'
import { VectorHeap } from '../../src/math/vector-heap.ts'
import {
  createMerge,
  type MergeInput,
  type MergeSpec,
  mergeNames,
  mergesHelp,
  parseMerge
} from '../../src/merge/registry.ts'
import { mlpLayout, normals, updateOf } from './util.ts'

const vectors = new VectorHeap()
const specs = mergeNames.map((policy) => ({ policy }) as MergeSpec)

function inputOf(dim: number, peers: number): MergeInput {
  const rng = createRng(dim, 'input')
  const positive = () => normals(rng, dim).map(Math.abs)

  return {
    params: normals(rng, dim),
    examples: 2,
    updates: Array.from({ length: peers }, (_, p) => updateOf(normals(rng, dim), 1 + p)),
    fisher: { own: positive(), updates: Array.from({ length: peers }, positive) }
  }
}

describe.each(specs)('every policy: $policy', (spec) => {
  const layout = mlpLayout([5, 4, 3])
  const create = (of = layout) => createMerge(spec, { vectors, layout: of, rngOf: () => createRng(1, 'order') })

  test('alone, a node keeps its model', () => {
    const { params } = inputOf(layout.dim, 0)
    const before = params.slice()
    expect(create().mergeInto({ params, examples: 1, updates: [] })).toEqual({ weights: [1] })
    expect(params).toEqual(before)
  })

  test('is deterministic, finite, and writes own params only', () => {
    const results = [0, 1].map(() => {
      const input = inputOf(layout.dim, 3)
      const { weights } = create().mergeInto(input)
      const fresh = inputOf(layout.dim, 3)
      expect(input.updates).toEqual(fresh.updates)
      expect(input.fisher).toEqual(fresh.fisher)
      expect(input.params).not.toEqual(fresh.params)
      expect(vectors.allFinite(input.params)).toBe(true)
      expect(weights.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 12)

      return input.params
    })
    expect(results[0]).toEqual(results[1])
  })

  test('without an own model, what params held before makes no difference, and all weight is the peers`', () => {
    const results = [NaN, 1e9].map((before) => {
      const input = inputOf(layout.dim, 3)
      input.params.fill(before)
      const { weights } = create().mergeInto({ ...input, hasOwn: false })
      expect(weights).toHaveLength(3)
      expect(weights.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 12)
      expect(vectors.allFinite(input.params)).toBe(true)

      return input.params
    })
    expect(results[0]).toEqual(results[1])
  })

  test('without an own model and without updates, nothing changes', () => {
    const { params } = inputOf(layout.dim, 0)
    const before = params.slice()
    expect(create().mergeInto({ params, examples: 1, hasOwn: false, updates: [] })).toEqual({ weights: [] })
    expect(params).toEqual(before)
  })

  test('vectors on the heap give what those elsewhere do', () => {
    const elsewhere = inputOf(layout.dim, 2)
    const onHeap = (values: Float32Array) => {
      const vector = vectors.allocate(values.length)
      vector.set(values)
      return vector
    }
    const { params, updates, ...rest } = elsewhere
    const input = { ...rest, params: onHeap(params), updates: updates.map((u) => ({ ...u, params: onHeap(u.params) })) }
    create().mergeInto(input)
    create().mergeInto(elsewhere)
    expect([...input.params]).toEqual([...elsewhere.params])
    const used = vectors.usedBytes
    create().mergeInto(input)
    expect(vectors.usedBytes).toBe(used)
  })

  test('alike models stay as they are', () => {
    const input = inputOf(layout.dim, 2)
    const before = input.params.slice()
    create().mergeInto({ ...input, updates: input.updates.map((u) => ({ ...u, params: before.slice() })) })
    for (const [i, value] of before.entries()) expect(input.params[i]).toBeCloseTo(value, 6)
  })

  test('dim of 1', () => {
    const one = mlpLayout([1, 1])
    const single = { ...one, tensors: one.tensors.slice(0, 1), dim: 1 }
    const merged = inputOf(1, 1)
    const [low, high] = [merged.params[0]!, merged.updates[0]!.params[0]!].sort((a, b) => a - b)
    create(single).mergeInto(merged)
    expect(merged.params[0]).toBeGreaterThanOrEqual(low!)
    expect(merged.params[0]).toBeLessThanOrEqual(high!)
  })

  test('own=1 keeps the own model, own=0 leaves it out', () => {
    const weightsOf = (own: number) =>
      createMerge({ ...spec, own }, { vectors, layout }).mergeInto(inputOf(layout.dim, 2)).weights
    expect(weightsOf(1)).toEqual([1, 0, 0])
    const [own, first, second] = weightsOf(0)
    expect(own).toBe(0)
    expect(second! / first!).toBeCloseTo(2, 12)
  })

  test('vectors of another length are refused, and nothing is written', () => {
    const input = inputOf(layout.dim, 1)
    const before = input.params.slice()
    const updates = [...input.updates, updateOf(new Float32Array(2))]
    expect(() => create().mergeInto({ ...input, updates })).toThrow(
      expect.objectContaining({ code: 'ERR_UPDATES_DIM' })
    )
    expect(input.params).toEqual(before)
  })

  test('its name is what parseMerge reads', () => {
    const { name } = createMerge({ ...spec, own: 0.25 }, { vectors, layout })
    expect(name).toBe(`${spec.policy}:own=0.25`)
    expect(parseMerge(name)).toEqual({ ...spec, own: 0.25 })
    expect(mergesHelp()).toContain(`  ${spec.policy}: `)
  })
})

describe('parseMerge', () => {
  test.each([
    { text: 'mean', spec: { policy: 'mean' } },
    {
      text: ' variance-corrected:tensors=all:target=self ',
      spec: { policy: 'variance-corrected', tensors: 'all', target: 'self' }
    },
    { text: 'fisher:floor=1e-6:favour=none', spec: { policy: 'fisher', floor: 1e-6, favour: 'none' } }
  ])('reads $text', ({ text, spec }) => {
    expect(parseMerge(text)).toEqual(spec)
  })

  test.each([
    { text: 'meen', message: /no policy "meen", did you mean mean\?/ },
    { text: 'variance-correct', message: /did you mean variance-corrected\?/ },
    { text: 'constructor', message: /no policy "constructor" \(there are mean,/ },
    { text: '', message: /no policy ""/ },
    { text: 'fisher:flor=1', message: /merge fisher: no option "flor", did you mean floor\?/ },
    { text: 'fisher:floor=0', message: /floor is 0, expected a number above 0/ },
    { text: 'fisher:floor=', message: /floor is "", expected a number/ },
    { text: 'fisher:floor', message: /expected OPTION=VALUE after "fisher:", got "floor"/ },
    { text: 'mean:own=0.5:own=0.6', message: /own twice/ },
    { text: 'mean:policy=fisher', message: /expected OPTION=VALUE/ },
    { text: 'mean:own=1.5', message: /own is 1.5, expected a number from 0 to 1/ },
    { text: 'variance-corrected:tensors=heads', message: /expected one of kernels, weights, all/ },
    { text: 'x'.repeat(400), message: /at most 300 characters/ }
  ])('refuses $text', ({ text, message }) => {
    expect(() => parseMerge(text)).toThrow(
      expect.objectContaining({ code: 'ERR_CONFIG_INVALID', message: expect.stringMatching(message) })
    )
  })

  test.each([null, 'mean', [], { policy: 3 }, { policy: 'mean', owns: 1 }])('a spec of %j is refused', (spec) => {
    expect(() => createMerge(spec as unknown as MergeSpec, { vectors, layout: mlpLayout([1, 1]) })).toThrow(
      expect.objectContaining({ code: 'ERR_CONFIG_INVALID' })
    )
  })
})

describe('what goes by the own model', () => {
  const layout = mlpLayout([5, 4, 3])
  const needs = (text: string) => createMerge(parseMerge(text), { vectors, layout }).needsOwn

  test.each(['mean', 'variance-corrected', 'variance-corrected:tensors=all', 'fisher:favour=none', 'aligned'])(
    '%s does not',
    (text) => {
      expect(needs(text)).toBeUndefined()
    }
  )

  test.each([
    { text: 'mean:own=0', says: /own=.* leave it out/ },
    { text: 'aligned:own=0.5', says: /own=.* leave it out/ },
    { text: 'variance-corrected:own=1', says: /own=.* leave it out/ },
    { text: 'variance-corrected:target=self', says: /target=self.* write target=others/ },
    { text: 'variance-corrected:target=conservative', says: /target=conservative.* write target=others/ },
    { text: 'fisher', says: /favour=own.* write favour=none/ },
    { text: 'fisher:favour=none:own=0.5', says: /own=.* leave it out/ }
  ])('$text does, and says what to write instead', ({ text, says }) => {
    expect(needs(text)).toMatch(says)
  })
})

test('how a Fisher vector is estimated is said by the policy that needs one, and by no other', () => {
  const layout = mlpLayout([5, 4, 3])
  const estimate = (text: string) => createMerge(parseMerge(text), { vectors, layout }).fisher
  expect(estimate('fisher')).toEqual({ examples: 64, labels: 'exact' })
  expect(estimate('fisher:examples=8:labels=sampled')).toEqual({ examples: 8, labels: 'sampled' })
  expect(estimate('aligned')).toBeUndefined()
})

test('variance-corrected without an own model: all models set the target', () => {
  const layout = mlpLayout([2, 2, 1])
  const [a, b] = [1, 3].map((scale) =>
    Float32Array.from({ length: layout.dim }, (_, i) => scale * (i % 2 === 0 ? 1 : -1))
  )
  const params = new Float32Array(layout.dim)
  const merge = createMerge({ policy: 'variance-corrected' }, { vectors, layout })
  const { factors } = merge.mergeInto({ params, examples: 1, hasOwn: false, updates: [updateOf(a!), updateOf(b!)] })
  // variances 1 and 9, their mean 5; the models' mean varies by 4
  expect(factors![0]!.factor).toBeCloseTo(Math.sqrt(5 / 4), 6)
})
