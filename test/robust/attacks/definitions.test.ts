import { describe, expect, test } from 'vitest'
import { hiddenTau } from '../../../src/robust/attacks/a-little-is-enough.ts'
import { mostHarmful } from '../../../src/robust/attacks/line-search.ts'
import { flipLabel } from '../../../src/robust/attacks/registry.ts'
import { deviationInto } from '../../../src/robust/attacks/statistics.ts'
import { cloud } from '../cloud.ts'
import { attackOf, craft, knowing } from './knowledge.ts'

const f32 = (...values: number[]): Float32Array => Float32Array.from(values)
const DIM = 5001

function expectClose(actual: Float32Array, expected: readonly number[]): void {
  const scale = Math.max(...expected.map(Math.abs))
  expect(actual.length).toBe(expected.length)
  expect(Math.max(...expected.map((value, k) => Math.abs(actual[k]! - value))) / scale).toBeLessThan(1e-6)
}

/** Two passes, float64. */
function momentsOf(models: readonly Float32Array[]): { mean: number[]; deviation: number[] } {
  const n = models.length
  const columns = Array.from(models[0]!, (_, k) => models.map((model) => model[k]!))
  const mean = columns.map((column) => column.reduce((sum, value) => sum + value, 0) / n)
  const deviation = columns.map((column, k) =>
    Math.sqrt(column.reduce((sum, value) => sum + (value - mean[k]!) ** 2, 0) / (n - 1))
  )

  return { mean, deviation }
}

describe('statistics', () => {
  test.each([
    { id: 'near zero', offset: 1, spread: 1 },
    { id: 'far from zero', offset: 1000, spread: 1 },
    { id: 'of models alike to the fourth digit', offset: 1, spread: 1e-4 }
  ])('deviation $id', ({ offset, spread }) => {
    const models = cloud({ seed: 5, n: 7, dim: DIM, offset, spread })
    const out = new Float32Array(DIM)
    deviationInto(out, models)
    const { deviation } = momentsOf(models)

    for (const [k, value] of deviation.entries()) expect(Math.abs(out[k]! / value - 1), `${k}`).toBeLessThan(1e-6)
  })

  test('the first model far off costs no digits', () => {
    const models = [f32(1e6), f32(1), f32(2), f32(4)]
    const out = new Float32Array(1)
    deviationInto(out, models)

    expect(out[0]! / momentsOf(models).deviation[0]!).toBeCloseTo(1, 6)
  })

  test('of one model, and of equal ones, is zero', () => {
    const out = f32(7, 7)
    deviationInto(out, [f32(3, -1)])
    expect([...out]).toEqual([0, 0])
    deviationInto(out.fill(7), [f32(0.1, 3), f32(0.1, 3), f32(0.1, 3)])
    expect([...out]).toEqual([0, 0])
  })
})

describe('each attack sends what its definition says', () => {
  const honest = cloud({ seed: 3, n: 6, dim: DIM })
  const { mean, deviation } = momentsOf(honest)
  const sent = (text: string, more = {}) => craft(attackOf(text), knowing(honest, { n: 8, f: 2, ...more }))

  test('sign-flipping and inner-product-manipulation', () => {
    expectClose(
      sent('sign-flipping'),
      mean.map((value) => -value)
    )
    expectClose(
      sent('ipm'),
      mean.map((value) => -2 * value)
    )
    expectClose(
      sent('ipm:tau=0.25'),
      mean.map((value) => -0.25 * value)
    )
  })

  test('a-little-is-enough, to either side', () => {
    for (const tau of [1.5, -10]) {
      expectClose(
        sent(`alie:tau=${tau}`),
        mean.map((value, k) => value + tau * deviation[k]!)
      )
    }
  })

  test('a-little-is-enough without tau takes it from n and f', () => {
    // 9 of 20: s = 2 supporters of 11, and the quantile of 9 / 11 is 0.9084579
    expectClose(
      sent('alie', { n: 20, f: 9 }),
      mean.map((value, k) => value + 0.9084579 * deviation[k]!)
    )
  })

  test('mimic, which counts on from the start', () => {
    expect(sent('mimic:epsilon=4')).toEqual(honest[4])
    expect(sent('mimic:epsilon=8')).toEqual(honest[2])
  })

  test('infinity and nan', () => {
    expect(sent('inf').every((value) => value === Infinity)).toBe(true)
    expect(sent('nan').every(Number.isNaN)).toBe(true)
  })

  test('gaussian: mean, deviation and the share beyond two of them', () => {
    const values = [...sent('gaussian:mu=3:sigma=2')]
    const average = values.reduce((sum, value) => sum + value, 0) / DIM
    const spread = Math.sqrt(values.reduce((sum, value) => sum + (value - average) ** 2, 0) / DIM)

    expect(Math.abs(average - 3)).toBeLessThan(5 * (2 / Math.sqrt(DIM)))
    expect(Math.abs(spread - 2)).toBeLessThan(5 * (2 / Math.sqrt(2 * DIM)))
    expect(values.filter((value) => Math.abs(value - 3) > 4).length / DIM).toBeCloseTo(0.0455, 1)
  })

  test('label-flipping sends what it learned from labels turned round', () => {
    const attack = attackOf('label-flipping')
    const knowledge = knowing(honest)
    if (attack.kind !== 'data') throw new Error('expected a data attack')

    expect(craft(attack, knowledge)).toEqual(knowledge.own)
    expect([0, 3, 9].map((label) => attack.relabel(label, 10))).toEqual([9, 6, 0])
    expect(flipLabel(flipLabel(2, 7), 7)).toBe(2)
  })
})

describe('the tau of a-little-is-enough', () => {
  // s = floor(n / 2 + 1) - f; the quantile of (n - f - s) / (n - f)
  test.each([
    { n: 50, f: 24, tau: 1.4260769 }, // 24 / 26
    { n: 25, f: 11, tau: 1.0675705 }, // 12 / 14
    { n: 20, f: 4, tau: 0.1573107 }, // 9 / 16
    { n: 8, f: 2, tau: 1.5 }, // 3 / 6: the mean itself
    { n: 10, f: 1, tau: 1.5 }, // 4 / 9: the other way
    { n: 5, f: 3, tau: 1.5 }, // a majority
    { n: 1, f: 1, tau: 1.5 },
    { n: 1, f: 0, tau: 1.5 },
    { n: 2, f: 1, tau: 1.5 }
  ])('with $f of $n Byzantine is $tau', ({ n, f, tau }) => {
    expect(hiddenTau({ n, f })).toBeCloseTo(tau, 6)
  })
})

describe('dissensus', () => {
  const honest = [f32(1, 0), f32(0, 2), f32(9, 9)]
  const target = { params: f32(1, 1), honestWeights: [0.2, 0.3, 0], byzantineWeight: 0.25 }

  test('sends the target its own model, moved against the pull of its honest neighbours', () => {
    // pull: 0.2 (0, -1) + 0.3 (-1, 1) = (-0.3, 0.1); times -1.5 / 0.25
    expectClose(craft(attackOf('dissensus'), knowing(honest, { target })), [1 + 1.8, 1 - 0.6])
  })

  test('with epsilon 1, gossip averaging stands still', () => {
    const sent = craft(attackOf('dissensus:epsilon=1'), knowing(honest, { target }))
    const averaged = [0, 1].map(
      (k) => 0.25 * target.params[k]! + 0.2 * honest[0]![k]! + 0.3 * honest[1]![k]! + 0.25 * sent[k]!
    )

    expectClose(f32(...averaged), [1, 1])
  })

  test.each([
    { id: 'no target', knowledge: knowing(honest) },
    { id: 'too few weights', knowledge: knowing(honest, { target: { ...target, honestWeights: [0.5] } }) },
    { id: 'a negative weight', knowledge: knowing(honest, { target: { ...target, honestWeights: [1, -0.1, 0] } }) },
    { id: 'NaN', knowledge: knowing(honest, { target: { ...target, honestWeights: [1, Number.NaN, 0] } }) },
    { id: 'no weight on the attackers', knowledge: knowing(honest, { target: { ...target, byzantineWeight: 0 } }) }
  ])('refuses $id', ({ knowledge }) => {
    expect(() => craft(attackOf('dissensus'), knowledge)).toThrow(
      expect.objectContaining({ code: 'ERR_ATTACK_TARGET' })
    )
  })
})

describe('replay', () => {
  const at = (round: number) => knowing([f32(-1)], { own: f32(round), round })

  test('sends its model of `age` rounds ago, and its oldest until there is one', () => {
    const attack = attackOf('replay:age=3')

    expect([0, 1, 2, 3, 4, 5, 6].map((round) => craft(attack, at(round))[0])).toEqual([0, 0, 0, 0, 1, 2, 3])
  })

  test('over rounds that it missed, the youngest that is old enough', () => {
    const attack = attackOf('replay:age=3')

    expect([0, 2, 4, 5, 50, 52, 53].map((round) => craft(attack, at(round))[0])).toEqual([0, 0, 0, 2, 5, 5, 50])
  })

  test('of several models in one round, the last is remembered', () => {
    const attack = attackOf('replay:age=2')
    const again = (own: number, round: number) => craft(attack, knowing([f32(-1)], { own: f32(own), round }))[0]

    expect([again(1, 0), again(2, 0), again(3, 1), again(4, 1), again(5, 2), again(6, 3)]).toEqual([1, 2, 2, 2, 2, 4])
  })

  test('several sends in one round are one', () => {
    const attack = attackOf('replay:age=2')

    expect([0, 0, 1, 1, 2, 2, 3].map((round) => craft(attack, at(round))[0])).toEqual([0, 0, 0, 0, 0, 0, 1])
  })
})

describe('free-riding', () => {
  test('sends what it received last; its own before that', () => {
    const attack = attackOf('free-riding')
    const own = f32(5)

    expect(craft(attack, { ...knowing([f32(0)]), own, honest: [] })[0]).toBe(5)
    expect(craft(attack, { ...knowing([f32(0)]), own, honest: [f32(1), f32(2)] })[0]).toBe(2)
    expect(craft(attack, { ...knowing([f32(0)]), own, honest: [] })[0]).toBe(2)
  })

  test('keeps a copy: what it received may change afterwards', () => {
    const attack = attackOf('free-riding')
    const received = f32(3)
    craft(attack, knowing([received]))
    received.fill(4)

    expect(craft(attack, { ...knowing([received]), honest: [] })[0]).toBe(3)
  })

  test('adds noise of the deviation asked for, which does not build up', () => {
    const attack = attackOf('free-riding:noise=0.1')
    const received = new Float32Array(DIM).fill(2)
    craft(attack, knowing([received]))
    const differences = craft(attack, { ...knowing([received]), honest: [] }).map((value) => value - 2)
    const spread = Math.sqrt(differences.reduce((sum, value) => sum + value * value, 0) / DIM)

    expect(Math.abs(spread / 0.1 - 1)).toBeLessThan(0.05)
  })
})

describe('the search', () => {
  /** Where the search asks, in order. */
  function asked(harm: (tau: number) => number, evaluations: number): number[] {
    const taus: number[] = []
    mostHarmful((tau) => {
      taus.push(tau)
      return harm(tau)
    }, evaluations)

    return taus
  }

  test('doubles its step while that pays', () => {
    expect(asked((tau) => tau, 5)).toEqual([0, 10, 30, 70, 150])
    expect(mostHarmful((tau) => tau, 5)).toEqual({ tau: 150, harm: 150 })
  })

  test('then shrinks it, from the best so far', () => {
    const hill = (tau: number): number => -Math.abs(tau - 17)

    expect(asked(hill, 6)).toEqual([0, 10, 30, 26, 22.8, 33.04].map((tau) => expect.closeTo(tau, 9)))
    expect(mostHarmful(hill, 6).tau).toBeCloseTo(22.8, 9)
  })

  test('stays at 0 when nothing harms more', () => {
    expect(mostHarmful(() => 1, 20)).toEqual({ tau: 0, harm: 1 })
    expect(asked(() => 1, 20).length).toBe(20)
    expect(asked(() => 1, 1)).toEqual([0])
  })
})
