import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { createRng } from '../../../src/math/philox.ts'
import { VectorHeap } from '../../../src/math/vector-heap.ts'
import { type AttackSpec, createAttack } from '../../../src/robust/attacks/registry.ts'
import { createAggregator } from '../../../src/robust/registry.ts'

/** Relative to the largest value of the result. */
const TOLERANCE = 1e-5

interface Vector {
  readonly cls: string
  readonly params: Readonly<Record<string, unknown>>
  readonly input: readonly (readonly number[])[]
  readonly output: readonly number[]
}
interface VectorFile {
  readonly source: string
  readonly vectors: readonly Vector[]
}

const read = (url: URL): VectorFile => JSON.parse(readFileSync(url, 'utf8'))
const fixture = read(new URL('../../fixtures/attacks.json', import.meta.url))
/** Where the vectors come from, when they are at hand beside the repository. */
const shared = new URL('../../../../shared/vectors/robust.json', import.meta.url)

/** The names of the file, in ours. */
const ATTACKS: Readonly<Record<string, (params: Vector['params']) => AttackSpec>> = {
  SignFlipping: () => ({ attack: 'sign-flipping' }),
  InnerProductManipulation: ({ tau }) => ({ attack: 'inner-product-manipulation', tau: tau as number }),
  ALittleIsEnough: ({ tau }) => ({ attack: 'a-little-is-enough', tau: tau as number }),
  Mimic: ({ epsilon }) => ({ attack: 'mimic', epsilon: epsilon as number }),
  Optimal_ALittleIsEnough: ({ evals }) => ({ attack: 'optimal-alie', evaluations: evals as number }),
  Optimal_InnerProductManipulation: ({ evals }) => ({ attack: 'optimal-ipm', evaluations: evals as number })
}
/** The rule that the optimal ones were computed against. */
const AGAINST = { agg: 'TrMean(f=2)', pre_agg_list: ['NNM(f=2)'], f: 2, start: 0, delta: 10, ratio: 0.8 }

const vectors = new VectorHeap()
const aggregator = createAggregator({ rule: 'trimmed-mean', f: 2, pre: [{ rule: 'nnm', f: 2 }] }, { vectors })

describe('the reference vectors', () => {
  test('are all there', () => {
    expect(fixture.vectors.map(({ cls }) => cls).toSorted()).toEqual(Object.keys(ATTACKS).toSorted())
  })

  test.each(fixture.vectors)('$cls', ({ cls, params, input, output }) => {
    if (cls.startsWith('Optimal')) expect(params).toMatchObject(AGAINST)
    const attack = createAttack(ATTACKS[cls]!(params), { vectors, rng: createRng(1, 'attack'), aggregator })
    const honest = input.map((row) => Float32Array.from(row))
    const out = new Float32Array(output.length)

    attack.craftInto(out, { own: honest[0]!, honest, n: 9, f: 2, round: 0 })

    const scale = Math.max(...output.map(Math.abs)) || 1
    for (const [k, value] of output.entries()) {
      expect(Math.abs(out[k]! - value) / scale, `coordinate ${k}`).toBeLessThan(TOLERANCE)
    }
  })
})

test.runIf(existsSync(shared))('the copy in this repository says what the original says', () => {
  const original = read(shared)

  expect(fixture.source).toBe(original.source)
  expect(fixture.vectors).toEqual(original.vectors.filter(({ cls }) => cls in ATTACKS))
})
