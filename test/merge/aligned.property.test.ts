import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createLayout, type Layout } from '../../src/interface/params.ts'
import { createRng } from '../../src/math/philox.ts'
import { VectorHeap } from '../../src/math/vector-heap.ts'
import { denseLayers } from '../../src/merge/dense-layers.ts'
import { createMerge } from '../../src/merge/registry.ts'
import { type Permutations, permuteInto, WeightMatching } from '../../src/merge/weight-matching.ts'
import { mlpLayout, normals, updateOf } from './util.ts'

const vectors = new VectorHeap()
const anySeed = fc.nat(1 << 30)
const anyWidths = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 2, maxLength: 5 })

/** Kernels [out, in], as PyTorch lays them out. */
const transposedLayout = (widths: readonly number[]): Layout =>
  createLayout(
    widths
      .slice(1)
      .flatMap((width, i) => [
        { name: `${i}.weight`, shape: [width, widths[i]!], kind: 'kernel' } as const,
        { name: `${i}.bias`, shape: [width], kind: 'bias' } as const
      ])
  )

function randomPermutations(widths: readonly number[], seed: number): Int32Array[] {
  const rng = createRng(seed, 'permutations')

  return widths.slice(1).map((width, l) => {
    const order = Array.from({ length: width }, (_, i) => i)
    return Int32Array.from(l < widths.length - 2 ? rng.shuffle(order) : order)
  })
}

function permuted(params: Float32Array, layout: Layout, permutations: Permutations): Float32Array {
  const out = new Float32Array(params.length)
  permuteInto(out, params, denseLayers(layout), permutations)

  return out
}

/** The network's outputs by the definition: ReLU between the layers, kernels [in, out]. */
function forward(params: Float32Array, { tensors }: Layout, input: readonly number[]): number[] {
  let h = [...input]
  for (let t = 0; t < tensors.length; t += 2) {
    const [kernel, bias] = [tensors[t]!, tensors[t + 1]!]
    const width = bias.shape[0]!
    const last = t + 2 >= tensors.length
    h = Array.from({ length: width }, (_, j) => {
      const sum = h.reduce((s, x, k) => s + x * params[kernel.offset + k * width + j]!, params[bias.offset + j]!)
      return last ? sum : Math.max(0, sum)
    })
  }

  return h
}

const likeness = (a: Float32Array, b: Float32Array): number => a.reduce((sum, value, i) => sum + value * b[i]!, 0)

function* allOrders(size: number, taken: readonly number[] = []): Generator<Int32Array> {
  if (taken.length === size) yield Int32Array.from(taken)
  for (let i = 0; i < size; i++) if (!taken.includes(i)) yield* allOrders(size, [...taken, i])
}

test('units in other places compute the same', () => {
  fc.assert(
    fc.property(anySeed, anyWidths, (seed, widths) => {
      const layout = mlpLayout(widths)
      const rng = createRng(seed, 'same')
      const params = normals(rng, layout.dim)
      const input = [...normals(rng, widths[0]!)]
      const other = permuted(params, layout, randomPermutations(widths, seed))
      for (const [i, value] of forward(params, layout, input).entries()) {
        expect(forward(other, layout, input)[i]).toBeCloseTo(value, 6)
      }
    }),
    { numRuns: 50 }
  )
})

test.each([
  { what: '[in, out]', layoutOf: mlpLayout },
  { what: '[out, in]', layoutOf: transposedLayout }
])('kernels $what: shuffling the units of peers changes nothing, to the last bit', ({ layoutOf }) => {
  fc.assert(
    fc.property(anySeed, anyWidths, fc.integer({ min: 1, max: 4 }), (seed, widths, peers) => {
      const layout = layoutOf(widths)
      const params = normals(createRng(seed, 'exact'), layout.dim)
      const shuffled = Array.from({ length: peers }, (_, p) =>
        permuted(params, layout, randomPermutations(widths, seed + p))
      )
      const rng = createRng(seed, 'order')
      const merged = params.slice()
      createMerge({ policy: 'aligned' }, { vectors, layout, rngOf: () => rng }).mergeInto({
        params: merged,
        examples: 3,
        updates: shuffled.map((peer, p) => updateOf(peer, 1 + p))
      })
      expect(merged).toEqual(params)
    }),
    { numRuns: 100 }
  )
})

test('one hidden layer: no order is more alike', () => {
  for (let seed = 0; seed < 30; seed++) {
    const widths = [3, 1 + (seed % 6), 2]
    const layout = mlpLayout(widths)
    const rng = createRng(seed, 'brute')
    const [own, peer] = [normals(rng, layout.dim), normals(rng, layout.dim)]
    const found = new WeightMatching(denseLayers(layout)).match(own, peer, rng)
    const best = Math.max(
      ...[...allOrders(widths[1]!)].map((order) => likeness(own, permuted(peer, layout, [order, Int32Array.of(0, 1)])))
    )
    expect(likeness(own, permuted(peer, layout, found))).toBeCloseTo(best, 4)
  }
})

test('three hidden layers: no other order of one layer is more alike, and the start is not worse', () => {
  for (let seed = 0; seed < 10; seed++) {
    const widths = [4, 5, 4, 5, 3]
    const layout = mlpLayout(widths)
    const rng = createRng(seed, 'local')
    const [own, peer] = [normals(rng, layout.dim), normals(rng, layout.dim)]
    const found = new WeightMatching(denseLayers(layout)).match(own, peer, rng)
    const reached = likeness(own, permuted(peer, layout, found))
    expect(reached).toBeGreaterThanOrEqual(likeness(own, peer))
    for (let l = 0; l < 3; l++) {
      for (const order of allOrders(widths[l + 1]!)) {
        const other = found.map((each, at) => (at === l ? order : each))
        expect(likeness(own, permuted(peer, layout, other))).toBeLessThan(reached + 1e-4)
      }
    }
  }
})

test('one work space for all peers: nothing of the last one is left, even of one with giant weights', () => {
  // wider than a block of the product, and odd
  const layout = mlpLayout([301, 67, 35, 3])
  const rng = createRng(1, 'sizes')
  const [own, first, second] = [normals(rng, layout.dim), normals(rng, layout.dim, 1e30), normals(rng, layout.dim)]
  const used = new WeightMatching(denseLayers(layout))
  used.match(own, first)
  expect(used.match(own, second)).toEqual(new WeightMatching(denseLayers(layout)).match(own, second))
})

test('hidden layers of 512 take well under a second each', () => {
  const layout = mlpLayout([784, 512, 512, 512, 10])
  const rng = createRng(1, 'wide')
  const [own, peer] = [normals(rng, layout.dim), normals(rng, layout.dim)]
  const merge = createMerge({ policy: 'aligned' }, { vectors, layout, rngOf: () => rng })
  const startedMs = performance.now()
  const { moved } = merge.mergeInto({ params: own, examples: 1, updates: [updateOf(peer)] })
  // half a second for all three on an idle core; several such tests may share one
  expect(performance.now() - startedMs).toBeLessThan(6000)
  expect(moved![0]).toBeGreaterThan(0.9)
})

describe('layouts that are no multilayer perceptron are refused, by the tensor that does not fit', () => {
  const dense = (name: string, ...shape: number[]) => ({ name, shape, kind: 'kernel' }) as const
  const bias = (name: string, width: number) => ({ name, shape: [width], kind: 'bias' }) as const

  test.each([
    { why: 'a convolution', tensors: [dense('conv0.kernel', 6, 1, 5, 5)], tensor: 'conv0.kernel' },
    { why: 'widths that do not chain', tensors: [dense('a', 4, 5), dense('b', 6, 2)], tensor: 'b' },
    { why: 'a bias of another width', tensors: [dense('a', 4, 5), bias('a.bias', 3)], tensor: 'a.bias' },
    { why: 'two biases', tensors: [dense('a', 4, 5), bias('one', 5), bias('two', 5)], tensor: 'two' },
    { why: 'a bias before its kernel', tensors: [bias('early', 4), dense('a', 4, 5)], tensor: 'early' },
    { why: 'an embedding', tensors: [{ name: 'tokens', shape: [9, 4], kind: 'embedding' } as const], tensor: 'tokens' },
    { why: 'a norm', tensors: [dense('a', 4, 5), { name: 'gain', shape: [5], kind: 'norm' } as const], tensor: 'gain' }
  ])('$why', ({ tensors, tensor }) => {
    expect(() => createMerge({ policy: 'aligned' }, { vectors, layout: createLayout(tensors) })).toThrow(
      expect.objectContaining({ code: 'ERR_CONFIG_INVALID', details: { tensor } })
    )
  })
})
