import { existsSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { VectorHeap } from '../../src/math/vector-heap.ts'
import { createMerge, parseMerge } from '../../src/merge/registry.ts'
import { flatLayout, updateOf } from './util.ts'

interface Vectors {
  variance_corrected_average: { models: number[][][]; result: number[][]; plain_mean: number[][]; scale: number }
  fisher_merge: {
    theta: number[][]
    fisher: number[][]
    coeff: number[]
    result_unnormalised: number[]
    result_normalised: number[]
  }
}

const read = (url: URL): Vectors => JSON.parse(readFileSync(url, 'utf8'))
const fixture = read(new URL('../fixtures/merge.json', import.meta.url))
/** Where the vectors come from, when they are at hand beside the repository. */
const shared = new URL('../../../shared/vectors/merge-and-sampling.json', import.meta.url)
const vectors = new VectorHeap()
const f32 = (values: readonly number[]) => Float32Array.from(values)

function expectClose(found: Float32Array, expected: readonly number[]): void {
  const scale = Math.max(...expected.map(Math.abs))
  for (const [i, value] of expected.entries()) expect(Math.abs(found[i]! - value) / scale).toBeLessThan(1e-5)
}

test('variance correction: the reference, whose models are all received ones', () => {
  const { models, result, scale } = fixture.variance_corrected_average
  // theirs divides by N - 1 and adds 1e-4: the same as to divide by N and add 1e-4 (N - 1) / N
  const merge = createMerge(parseMerge(`variance-corrected:own=0:epsilon=${(1e-4 * 3) / 4}`), {
    vectors,
    layout: flatLayout(4)
  })
  const params = f32([9, -9, 5, 7])
  const { factors } = merge.mergeInto({ params, examples: 1, updates: models.map((m) => updateOf(f32(m.flat()))) })
  expectClose(params, result.flat())
  expect(factors![0]!.factor).toBeCloseTo(scale, 6)
})

test.each([
  { norm: 'raw', result: fixture.fisher_merge.result_unnormalised },
  { norm: 'unit', result: fixture.fisher_merge.result_normalised }
])('fisher: the reference, norm=$norm', ({ norm, result }) => {
  const { theta, fisher, coeff } = fixture.fisher_merge
  const merge = createMerge(parseMerge(`fisher:norm=${norm}:own=${coeff[0]}`), { vectors, layout: flatLayout(3) })
  const params = f32(theta[0]!)
  merge.mergeInto({
    params,
    examples: 1,
    updates: [updateOf(f32(theta[1]!))],
    fisher: { own: f32(fisher[0]!), updates: [f32(fisher[1]!)] }
  })
  expectClose(params, result)
})

test.skipIf(!existsSync(shared))('the fixture is what the reference file says', () => {
  const { variance_corrected_average, fisher_merge } = read(shared)
  expect(fixture).toEqual({ variance_corrected_average, fisher_merge })
})
