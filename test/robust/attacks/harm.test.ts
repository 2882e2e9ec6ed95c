import { describe, expect, test } from 'vitest'
import { cloud } from '../cloud.ts'
import { attackOf, craft, harmOf, knowing, rule, vectors } from './knowledge.ts'

const f32 = (...values: number[]): Float32Array => Float32Array.from(values)
const HONEST = 8
const BYZANTINE = 2

/** The root mean square distance of the honest models from their mean: what they differ by anyway. */
function widthOf(honest: readonly Float32Array[]): number {
  const mean = rule('mean').aggregate(honest)
  const squares = honest.map((model) => vectors.squaredDistance(model, mean))
  vectors.free(mean)

  return Math.sqrt(squares.reduce((sum, square) => sum + square, 0) / honest.length)
}

describe('an attack carries the mean off; the rule made for it holds', () => {
  // honest models that agree on where to go: far from zero, near to each other
  const honest = cloud({ seed: 11, n: HONEST, dim: 40, offset: 3, spread: 0.5 })
  const width = widthOf(honest)
  const knowledge = knowing(honest, { n: HONEST + BYZANTINE, f: BYZANTINE })

  test.each([
    { text: 'sign-flipping', holds: 'trimmed-mean:f=2' },
    { text: 'ipm:tau=5', holds: 'nnm,trimmed-mean:f=2' },
    { text: 'alie:tau=10', holds: 'nnm,trimmed-mean:f=2' },
    { text: 'gaussian:sigma=30', holds: 'median' },
    { text: 'gaussian:sigma=30', holds: 'multi-krum:f=2' },
    { text: 'optimal-ipm', holds: 'geometric-median' },
    { text: 'optimal-alie', holds: 'multi-krum:f=2' }
  ])('$text: mean against $holds', ({ text, holds }) => {
    const sent = craft(attackOf(text, { against: rule('mean') }), knowledge)

    expect(harmOf(sent, honest, rule('mean'), BYZANTINE)).toBeGreaterThan(1.5 * width)
    expect(harmOf(sent, honest, rule(holds), BYZANTINE)).toBeLessThan(width)
  })

  test('an old model drags the mean back; krum drops it', () => {
    const replay = attackOf('replay:age=5')
    const progress = [0, 1, 2, 3, 4, 5].map((round) => ({
      ...knowledge,
      round,
      own: honest[0]!.map((x) => (x * round) / 5)
    }))
    const sent = progress.map((each) => craft(replay, each)).at(-1)!

    expect(harmOf(sent, honest, rule('mean'), BYZANTINE)).toBeGreaterThan(width)
    expect(harmOf(sent, honest, rule('multi-krum:f=2'), BYZANTINE)).toBeLessThan(width)
  })

  test.each(['infinity', 'nan'])('%s is refused before any rule looks', (text) => {
    const sent = craft(attackOf(text), knowledge)

    expect(() => harmOf(sent, honest, rule('mean'), BYZANTINE)).toThrow(
      expect.objectContaining({ code: 'ERR_UPDATE_NOT_FINITE' })
    )
  })
})

test('a little is enough for krum, where a lot is not: its default hides among the honest', () => {
  const honest = cloud({ seed: 2, n: 13, dim: 200, offset: 0 })
  const krum = rule('krum:f=11')
  const knowledge = knowing(honest, { n: 24, f: 11 })
  const isChosen = (text: string): boolean => {
    const sent = craft(attackOf(text), knowledge)
    const out = krum.aggregate([...honest, ...Array.from({ length: 11 }, () => sent)])
    const distance = vectors.squaredDistance(out, sent)
    vectors.free(out)
    return distance === 0
  }

  expect(isChosen('alie')).toBe(true)
  expect(isChosen('alie:tau=10')).toBe(false)
})

test('mimic shifts the mean to its victim: every rule takes it for honest', () => {
  const honest = [f32(0), f32(1), f32(2), f32(9)]
  const sent = craft(attackOf('mimic:epsilon=3'), knowing(honest, { n: 6, f: 2 }))

  expect(harmOf(sent, honest, rule('mean'), 2)).toBeCloseTo(2, 5) // (12 + 18) / 6 - 12 / 4
})

describe('dissensus on a ring of five, each with two Byzantine neighbours of its own', () => {
  const WEIGHT = 0.2
  const start = cloud({ seed: 8, n: 5, dim: 6, offset: 0 })

  /** Rounds of gossip under attack; how far the honest nodes are from agreeing afterwards. */
  function spreadAfter(rounds: number, text: string): number {
    const attack = attackOf('dissensus')
    let models = start.map((model) => model.slice())
    for (let round = 0; round < rounds; round++) {
      models = models.map((params, i) => {
        const heard = [models[(i + 4) % 5]!, models[(i + 1) % 5]!]
        const target = { params, honestWeights: [WEIGHT, WEIGHT], byzantineWeight: 2 * WEIGHT }
        const sent = craft(attack, { own: params, honest: heard, n: 5, f: 2, round, target })
        const out = new Float32Array(params.length)
        const mixingWeights = [1 - 4 * WEIGHT, WEIGHT, WEIGHT, WEIGHT, WEIGHT]
        rule(text).aggregateInto(out, [params, ...heard, sent, sent], { own: 0, mixingWeights })
        return out
      })
    }

    return widthOf(models)
  }

  test('averaging drives them apart; clipping around the own model bounds what each round can do', () => {
    const before = spreadAfter(0, 'mean')
    const rounds = 20
    const tau = 0.02

    expect(spreadAfter(rounds, 'mean')).toBeGreaterThan(5 * before)
    // whatever arrives moves a node by at most tau times its weight
    expect(spreadAfter(rounds, `self-centered-clipping:tau=${tau}`)).toBeLessThan(before + rounds * tau * 4 * WEIGHT)
  })

  test('without mixing weights the formula still opposes the pull exactly', () => {
    const [params, ...heard] = start.slice(0, 3) as [Float32Array, Float32Array, Float32Array]
    const target = { params, honestWeights: [WEIGHT, WEIGHT], byzantineWeight: 2 * WEIGHT }
    const sent = craft(attackOf('dissensus:epsilon=1'), { own: params, honest: heard, n: 5, f: 2, round: 0, target })
    const out = new Float32Array(params.length)
    rule('mean').aggregateInto(out, [params, ...heard, sent, sent])

    expect(vectors.squaredDistance(out, params)).toBeLessThan(1e-10)
  })
})
