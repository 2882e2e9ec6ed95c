import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createRng } from '../../src/math/philox.ts'
import { VectorHeap } from '../../src/math/vector-heap.ts'
import {
  type AggregateOptions,
  type Aggregator,
  aggregatorNames,
  createAggregator,
  createPreAggregator,
  parseAggregator,
  preAggregatorNames
} from '../../src/robust/registry.ts'
import { cloud } from './cloud.ts'
import { distance, norm } from './reference.ts'

/** Every rule, by itself and after every pre-aggregator that it takes, must keep these promises. */
const OPTIONS: Readonly<Record<string, string>> = {
  'trimmed-mean': 'f=2',
  meamed: 'f=2',
  krum: 'f=2',
  'multi-krum': 'f=2',
  bulyan: 'f=2',
  mda: 'f=2',
  smea: 'f=2',
  caf: 'f=2',
  monna: 'f=2',
  'centered-clipping': 'tau=1',
  'self-centered-clipping': 'tau=1',
  nnm: 'f=2',
  clipping: 'c=1.5',
  arc: 'f=2',
  bucketing: 's=2'
}
const withOptions = (name: string): string => (OPTIONS[name] === undefined ? name : `${name}:${OPTIONS[name]}`)
const NEEDS_OWN = ['monna', 'centered-clipping', 'self-centered-clipping', 'mozi']
const takes = (pre: string, rule: string): boolean =>
  rule !== 'mozi' && !(pre === 'bucketing' && NEEDS_OWN.includes(rule))

const ALONE = [
  ...aggregatorNames.map(withOptions),
  'geometric-median:steps=3',
  'centered-clipping:tau=1:start=last:steps=2'
]
const CHAINS = preAggregatorNames.flatMap((pre) =>
  aggregatorNames.filter((rule) => takes(pre, rule)).map((rule) => `${withOptions(pre)},${withOptions(rule)}`)
)
const ALL = [...ALONE, ...CHAINS].map((text) => ({ text }))

/** Where the zero vector is no special point, everything moves along. */
const movesAlong = ({ text }: { text: string }): boolean => !/clipping:c=|arc|flag|steps=3|last/.test(text)
const isRandom = ({ text }: { text: string }): boolean => text.startsWith('bucketing')

/**
 * What a choice between equals may change, relative to the result: many subsets have one widest pair (mda), two that are
 * left are each other's nearest (bulyan), and mixed rows coincide up to rounding.
 */
const slackOf = (text: string): number =>
  /mda|bulyan/.test(text) || (text.startsWith('nnm') && /krum|smea|meamed/.test(text)) ? 0.5 : 1e-5

const N = 24
const DIM = 7
const vectors = new VectorHeap()
const create = (text: string): Aggregator =>
  createAggregator(parseAggregator(text), { vectors, rng: createRng(3, 'contract') })

const callOf = ({ needsOwn, needsStart, needsLosses }: Aggregator, n: number, dim = DIM): AggregateOptions => ({
  ...(needsOwn ? { own: n - 1 } : {}),
  ...(needsStart ? { start: new Float32Array(dim) } : {}),
  ...(needsLosses ? { losses: Array.from({ length: n }, (_, i) => 1 + ((i * 7) % 5)) } : {})
})
/** With subsets to try for some, n is what a node has. */
const sizeFor = (text: string): number => (/mda|smea/.test(text) ? 12 : N)
const run = (text: string, updates: Float32Array[], options?: AggregateOptions): number[] => {
  const rule = create(text)

  return [...rule.aggregate(updates, options ?? callOf(rule, updates.length))]
}

test('the registry has every rule', () => {
  expect([...preAggregatorNames].sort()).toEqual(['arc', 'bucketing', 'clipping', 'nnm'])
  expect(aggregatorNames).toHaveLength(16)
  expect(ALL.length).toBeGreaterThan(16 * 4)
})

describe.each(ALL)('$text', ({ text }) => {
  test('leaves its inputs alone, and gives the same result again', () => {
    const updates = cloud({ seed: 1, n: sizeFor(text), dim: DIM })
    const copies = updates.map((update) => update.slice())
    const first = run(text, updates)

    expect(first.every(Number.isFinite)).toBe(true)
    expect(run(text, updates)).toEqual(first)
    expect(updates).toEqual(copies)
  })

  test('gives the same in memory of any kind, and into one of the updates', () => {
    const updates = cloud({ seed: 2, n: sizeFor(text), dim: DIM })
    const held = updates.map((update) => {
      const vector = vectors.allocate(DIM)
      vector.set(update)
      return vector
    })
    const expected = run(text, updates)
    const rule = create(text)
    const usedBefore = vectors.usedBytes
    rule.aggregateInto(held.at(-1)!, held, callOf(rule, held.length))

    expect([...held.at(-1)!]).toEqual(expected)
    expect(vectors.usedBytes).toBe(usedBefore)
    for (const vector of held) vectors.free(vector)
  })

  test('works with as few updates as it says, and refuses fewer', () => {
    const rule = create(text)
    const least = cloud({ seed: 3, n: rule.minUpdates, dim: DIM })
    expect(run(text, least).every(Number.isFinite)).toBe(true)
    expect(rule.guaranteeUpdates).toBeGreaterThanOrEqual(rule.minUpdates)

    const out = new Float32Array(DIM).fill(5)
    expect(() => rule.aggregateInto(out, least.slice(1))).toThrow(
      expect.objectContaining({ code: 'ERR_TOO_FEW_UPDATES' })
    )
    expect([...out]).toEqual(Array(DIM).fill(5))
  })

  test.each([NaN, Infinity, -Infinity])('refuses %d by code, wherever it is, and writes nothing', (value) => {
    const rule = create(text)
    const n = Math.max(rule.minUpdates, 3)
    for (const at of [0, 1, n - 1]) {
      const updates = cloud({ seed: 4, n, dim: DIM })
      updates[at]![DIM - 2] = value
      const out = new Float32Array(DIM).fill(5)

      expect(() => rule.aggregateInto(out, updates, callOf(rule, n))).toThrow(
        expect.objectContaining({ code: 'ERR_UPDATE_NOT_FINITE', details: { update: at } })
      )
      expect([...out]).toEqual(Array(DIM).fill(5))
    }
  })

  test('refuses vectors of another length', () => {
    const rule = create(text)
    const n = Math.max(rule.minUpdates, 2)
    const updates = [...cloud({ seed: 4, n: n - 1, dim: DIM }), new Float32Array(DIM + 1)]
    const mismatch = expect.objectContaining({ code: 'ERR_UPDATES_DIM' })

    expect(() => rule.aggregate(updates, callOf(rule, n))).toThrow(mismatch)
    const whole = cloud({ seed: 4, n, dim: DIM })
    expect(() => rule.aggregateInto(new Float32Array(DIM - 1), whole, callOf(rule, n))).toThrow(mismatch)
  })

  test('copies, huge values and one dimension do it no harm', () => {
    const rule = create(text)
    const n = sizeFor(text)
    const copies = Array.from({ length: n }, () => Float32Array.of(1.5, -2, 0.25))
    // clipped, or without its length, a vector is not what it was
    if (movesAlong({ text })) expect(run(text, copies, callOf(rule, n, 3))).toEqual([1.5, -2, 0.25])

    const extremes = Array.from({ length: n }, (_, i) => Float32Array.of([3e38, -3e38, 0, 1e-45][i % 4]!))
    expect(run(text, extremes, callOf(rule, n, 1)).every(Number.isFinite)).toBe(true)
    const zeros = Array.from({ length: n }, () => new Float32Array(2))
    expect(run(text, zeros, callOf(rule, n, 2))).toEqual([0, 0])
  })

  test('has a name that means the same', () => {
    expect(create(create(text).name).name).toBe(create(text).name)
  })

  test('reports weights that make up what it wrote, where it has any', () => {
    const updates = cloud({ seed: 6, n: sizeFor(text), dim: DIM })
    const rule = create(text)
    const out = new Float32Array(DIM)
    const { weights } = rule.aggregateInto(out, updates, callOf(rule, updates.length))
    if (weights === undefined) {
      expect(text).toMatch(/median|trimmed-mean|meamed|bulyan/)
      return
    }

    expect(weights).toHaveLength(updates.length)
    const sum = updates[0]!.map((_, k) => updates.reduce((total, update, i) => total + weights[i]! * update[k]!, 0))
    // a start vector of zeros has a share that shows in none of them
    expect(distance([...sum], [...out])).toBeLessThan(1e-5)
  })
})

describe.each(ALL.filter((each) => !isRandom(each)))('$text', ({ text }) => {
  test('does not care in which order updates come', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e6 }), (seed) => {
        const n = sizeFor(text)
        const updates = cloud({ seed, n, dim: DIM })
        const order = createRng(seed, 'order').shuffle(Array.from({ length: n }, (_, i) => i))
        const rule = create(text)
        const call = callOf(rule, n)
        const shuffled: AggregateOptions = {
          ...call,
          ...(call.own === undefined ? {} : { own: order.indexOf(call.own) }),
          ...(call.losses === undefined ? {} : { losses: order.map((i) => call.losses![i]) })
        }
        const straight = run(text, updates, call)
        const other = run(
          text,
          order.map((i) => updates[i]!),
          shuffled
        )
        expect(distance(straight, other)).toBeLessThan(slackOf(text) * (1 + norm(straight)))
      }),
      { numRuns: 8 }
    )
  })
})

describe.each(ALL.filter((each) => movesAlong(each) && !isRandom(each)))('$text', ({ text }) => {
  test('moves along when all updates move, and grows when they grow', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e6 }), (seed) => {
        const n = sizeFor(text)
        // whole multiples of 1/64, so that adding is exact in float32
        const updates = cloud({ seed, n, dim: DIM }).map((update) => update.map((value) => Math.round(value * 64) / 64))
        const shift = cloud({ seed: seed + 1, n: 1, dim: DIM })[0]!.map((value) => Math.round(value * 8))
        const straight = run(text, updates)
        const moved = run(
          text,
          updates.map((update) => update.map((value, k) => value + shift[k]!))
        )
        expect(
          distance(
            moved,
            straight.map((value, k) => value + shift[k]!)
          )
        ).toBeLessThan(slackOf(text) * (1 + norm(moved)))
        if (/tau/.test(text)) return

        const grown = run(
          text,
          updates.map((update) => update.map((value) => 4 * value))
        )
        expect(
          distance(
            grown,
            straight.map((value) => 4 * value)
          )
        ).toBeLessThan(4 * slackOf(text) * (1 + norm(grown)))
      }),
      { numRuns: 8 }
    )
  })
})

test.each(preAggregatorNames)('%s by itself leaves its inputs alone and refuses what is not finite', (name) => {
  const [rule = '', option = ''] = withOptions(name).split(':')
  const [key = '', value = ''] = option.split('=')
  const spec = { rule, [key]: Number(value) } as Parameters<typeof createPreAggregator>[0]
  const pre = createPreAggregator(spec, { vectors, rng: createRng(1, 'pre') })
  const updates = cloud({ seed: 7, n: 9, dim: DIM })
  const copies = updates.map((update) => update.slice())
  const outs = Array.from({ length: pre.outputs(9) }, () => new Float32Array(DIM).fill(5))
  pre.mixInto(outs, updates)

  expect(updates).toEqual(copies)
  expect(outs.flatMap((out) => [...out]).every(Number.isFinite)).toBe(true)
  expect(() => pre.mixInto(outs.slice(1), updates)).toThrow(expect.objectContaining({ code: 'ERR_UPDATES_DIM' }))

  updates[4]![2] = NaN
  expect(() => pre.mixInto(outs, updates)).toThrow(expect.objectContaining({ code: 'ERR_UPDATE_NOT_FINITE' }))
  if (pre.minUpdates > 1) {
    const few = copies.slice(0, pre.minUpdates - 1)
    expect(() => pre.mixInto(few, few)).toThrow(expect.objectContaining({ code: 'ERR_TOO_FEW_UPDATES' }))
  }
})
