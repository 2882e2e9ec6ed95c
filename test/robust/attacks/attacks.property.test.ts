import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { attackNames } from '../../../src/robust/attacks/registry.ts'
import type { Aggregator } from '../../../src/robust/registry.ts'
import { cloud } from '../cloud.ts'
import { attackOf, craft, harmOf, knowing, rule, vectors } from './knowledge.ts'

const scenario = fc.record({
  seed: fc.nat(10_000),
  n: fc.integer({ min: 1, max: 8 }),
  dim: fc.integer({ min: 1, max: 9 }),
  f: fc.integer({ min: 1, max: 3 })
})

/** All that an attack of any name may ask for. */
function everythingKnown({ seed, n, dim, f }: { seed: number; n: number; dim: number; f: number }) {
  const honest = cloud({ seed, n, dim })
  const target = { params: honest[0]!, honestWeights: honest.map(() => 1 / (n + f)), byzantineWeight: f / (n + f) }

  return knowing(honest, { n: n + f, f, target })
}

describe.each(attackNames)('%s', (name) => {
  const against = rule('trimmed-mean:f=1')

  test('writes all of its output, and only that', () => {
    fc.assert(
      fc.property(scenario, (drawn) => {
        const knowledge = everythingKnown(drawn)
        const inputs = [knowledge.own, ...knowledge.honest]
        const copies = inputs.map((input) => input.slice())
        const dirty = new Float32Array(drawn.dim).fill(-77)
        const attack = attackOf(name, { against })
        attack.craftInto(dirty, knowledge)

        expect(inputs).toEqual(copies)
        expect(dirty).toEqual(craft(attackOf(name, { against }), knowledge))
        expect(dirty.includes(-77)).toBe(false)
      })
    )
  })

  test('hands back all memory that it borrows, whatever it throws', () => {
    const before = vectors.usedBytes
    craft(attackOf(name, { against }), everythingKnown({ seed: 1, n: 5, dim: 4, f: 1 }))
    const poisoned = everythingKnown({ seed: 1, n: 5, dim: 4, f: 1 })
    poisoned.honest[1]![2] = Number.NaN
    try {
      craft(attackOf(name, { against }), poisoned)
    } catch (error) {
      expect(error).toMatchObject({ code: 'ERR_UPDATE_NOT_FINITE' })
    }

    expect(vectors.usedBytes).toBe(before)
  })

  test('refuses models of another length', () => {
    const knowledge = everythingKnown({ seed: 1, n: 3, dim: 4, f: 1 })
    const long = new Float32Array(5)
    const cases = [
      { ...knowledge, own: long },
      { ...knowledge, honest: [...knowledge.honest, long] },
      { ...knowledge, target: { ...knowledge.target!, params: long } }
    ]

    for (const wrong of cases) {
      expect(() => attackOf(name, { against }).craftInto(new Float32Array(4), wrong)).toThrow(
        expect.objectContaining({ code: 'ERR_UPDATES_DIM' })
      )
    }
  })

  test('sends the same when it starts again from the same seed', () => {
    const rounds = [0, 1, 2, 3].map((round) => ({
      ...everythingKnown({ seed: round, n: 4, dim: 5, f: 1 }),
      round
    }))
    const run = () => {
      const attack = attackOf(name, { against, seed: 9 })
      return rounds.map((knowledge) => craft(attack, knowledge))
    }

    expect(run()).toEqual(run())
  })
})

// dissensus is aimed at one of the models that it knows
test.each(attackNames.filter((name) => name !== 'dissensus'))(
  '%s takes its own model for one if it knows no other',
  (name) => {
    const against = rule('trimmed-mean:f=1')
    const own = cloud({ seed: 2, n: 1, dim: 3 })[0]!
    const alone = craft(attackOf(name, { against }), { ...knowing([own]), honest: [] })

    expect(alone).toEqual(craft(attackOf(name, { against }), knowing([own])))
  }
)

test.each(['gaussian', 'free-riding:noise=1'])('%s sends something else with another seed, and each time', (text) => {
  const knowledge = everythingKnown({ seed: 1, n: 4, dim: 5, f: 1 })
  const attack = attackOf(text, { seed: 1 })
  const first = craft(attack, knowledge)

  expect(craft(attack, knowledge)).not.toEqual(first)
  expect(craft(attackOf(text, { seed: 2 }), knowledge)).not.toEqual(first)
})

describe('an optimal attack is at least as harmful as its fixed form', () => {
  const drawn = fc.record({
    seed: fc.nat(10_000),
    n: fc.integer({ min: 5, max: 9 }),
    dim: fc.integer({ min: 1, max: 6 }),
    f: fc.integer({ min: 1, max: 2 })
  })
  const chains = [
    'mean',
    'median',
    'trimmed-mean',
    'nnm,trimmed-mean',
    'krum',
    'centered-clipping:tau=1',
    'geometric-median'
  ]

  for (const [optimal, fixed] of [
    ['optimal-ipm', 'ipm'],
    ['optimal-alie', 'alie']
  ] as const) {
    test.each(chains)(`${optimal} against %s`, (chain) => {
      fc.assert(
        fc.property(drawn, ({ seed, n, dim, f }) => {
          const honest = cloud({ seed, n, dim })
          const hasF = /trimmed|krum/.test(chain)
          const against = rule(hasF ? `${chain}:f=${f}` : chain)
          const knowledge = knowing(honest, { n: n + f, f })
          const harm = (text: string): number =>
            harmOf(craft(attackOf(text, { against }), knowledge), honest, against, f)

          const least = harm(fixed)
          expect(harm(optimal)).toBeGreaterThanOrEqual(least - 1e-6 * Math.max(1, least))
        }),
        { numRuns: 30 }
      )
    })
  }

  test('and mostly more, but where its search walks past the fixed form’s tau: there, equal', () => {
    const against = rule('nnm,trimmed-mean:f=2')
    const gains = Array.from({ length: 40 }, (_, seed) => {
      const honest = cloud({ seed, n: 7, dim: 10 })
      const harm = (text: string): number =>
        harmOf(craft(attackOf(text, { against }), knowing(honest, { n: 9, f: 2 })), honest, against, 2)
      return harm('optimal-alie') / harm('alie')
    })

    expect(gains.filter((gain) => gain > 1.01).length).toBeGreaterThan(30)
    expect(gains.filter((gain) => gain === 1).length).toBeGreaterThan(0)
  })
})

describe('an optimal attack', () => {
  test('sends its fixed form where the rule can’t work with so few models', () => {
    const knowledge = knowing(cloud({ seed: 1, n: 2, dim: 3 }), { n: 3, f: 1 })
    const against = rule('bulyan:f=2')

    expect(craft(attackOf('optimal-ipm', { against }), knowledge)).toEqual(craft(attackOf('ipm'), knowledge))
  })

  test('never sends what is not finite, which would be refused', () => {
    const honest = cloud({ seed: 1, n: 4, dim: 3 }).map((model) => model.map((value) => value * 1e34))
    const sent = craft(attackOf('optimal-ipm'), knowing(honest, { n: 5, f: 1 }))

    expect(sent.every(Number.isFinite)).toBe(true)
    expect(Math.abs(sent[0]!)).toBeGreaterThan(1e35)
  })

  test('asks the rule as often as it may, and once for the fixed form', () => {
    let asked = 0
    const mean = rule('mean')
    const counting: Aggregator = {
      ...mean,
      minUpdates: 1,
      needsLosses: false,
      aggregate: (updates) => mean.aggregate(updates),
      aggregateInto: (out, updates) => {
        asked++
        return mean.aggregateInto(out, updates)
      },
      candidates: () => []
    }
    craft(attackOf('optimal-ipm:evaluations=7', { against: counting }), knowing(cloud({ seed: 1, n: 4, dim: 3 })))

    expect(asked).toBe(8)
  })

  test('imagines the rule at its target', () => {
    const honest = cloud({ seed: 6, n: 5, dim: 3 })
    const against = rule('monna:f=1')
    const sentTo = (t: number) => {
      const target = { params: honest[t]!, honestWeights: honest.map(() => 0.1), byzantineWeight: 0.5 }
      return craft(attackOf('optimal-alie', { against }), knowing(honest, { n: 6, f: 1, target }))
    }

    expect(new Set([0, 1, 2, 3, 4].map((t) => sentTo(t).join())).size).toBeGreaterThan(1)
  })
})
