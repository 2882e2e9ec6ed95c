import { describe, expect, test } from 'vitest'
import { createRng } from '../../../src/math/philox.ts'
import {
  type AttackSpec,
  attackNames,
  attacksHelp,
  createAttack,
  parseAttack
} from '../../../src/robust/attacks/registry.ts'
import { aliases } from '../../../src/robust/attacks/spec.ts'
import { attackOf, rule, vectors } from './knowledge.ts'

const invalid = (message: string) =>
  expect.objectContaining({ code: 'ERR_CONFIG_INVALID', message: expect.stringContaining(message) })

describe('parseAttack', () => {
  test.each([
    { text: 'alie', spec: { attack: 'a-little-is-enough' } },
    { text: ' a-little-is-enough:tau=1.5 ', spec: { attack: 'a-little-is-enough', tau: 1.5 } },
    { text: 'alie:tau=-10', spec: { attack: 'a-little-is-enough', tau: -10 } },
    { text: 'ipm:tau=0.1', spec: { attack: 'inner-product-manipulation', tau: 0.1 } },
    { text: 'foe', spec: { attack: 'inner-product-manipulation' } },
    { text: 'gaussian:mu=1:sigma=0', spec: { attack: 'gaussian', mu: 1, sigma: 0 } },
    { text: 'optimal-alie:evaluations=5', spec: { attack: 'optimal-alie', evaluations: 5 } },
    { text: 'lf', spec: { attack: 'label-flipping' } },
    { text: 'free-riding:noise=0.01', spec: { attack: 'free-riding', noise: 0.01 } }
  ])('$text', ({ text, spec }) => {
    expect(parseAttack(text)).toEqual(spec)
  })

  test.each([
    { text: 'alei', message: 'no attack "alei", did you mean alie?' },
    { text: 'sign-fliping', message: 'did you mean sign-flipping?' },
    { text: '', message: 'no attack ""' },
    { text: 'constructor', message: 'no attack "constructor"' },
    { text: 'x'.repeat(301), message: 'at most 300 characters' },
    { text: 'alie:tua=1', message: 'no option "tua", did you mean tau?' },
    { text: 'mimic:constructor=1', message: 'no option "constructor"' },
    { text: 'mimic:attack=nan', message: 'expected OPTION=VALUE' },
    { text: 'alie:tau', message: 'expected OPTION=VALUE' },
    { text: 'alie:tau=1:tau=2', message: 'alie has tau twice' },
    { text: 'alie:tau=', message: 'tau is "", expected a number' },
    { text: 'alie:tau=Infinity', message: 'tau is null, expected a number' },
    { text: 'ipm:tau=-1', message: 'tau is -1, expected a number from 0' },
    { text: 'mimic:epsilon=0.5', message: 'epsilon is 0.5, expected a whole number from 0' },
    { text: 'replay:age=0', message: 'age is 0, expected a whole number from 1' },
    { text: 'replay:age=201', message: 'age is 201, more than the 200 models that it may keep' },
    { text: 'sign-flipping:tau=1', message: 'no option "tau" (it has none)' }
  ])('refuses "$text"', ({ text, message }) => {
    expect(() => parseAttack(text)).toThrow(invalid(message))
  })

  test('every short name stands for an attack, and is none', () => {
    for (const [short, full] of Object.entries(aliases)) {
      expect(parseAttack(short)).toEqual({ attack: full })
      expect(attackNames).not.toContain(short)
    }
  })

  test('the name of an attack reads back as the same attack', () => {
    for (const text of [...attackNames, 'alie:tau=0.5', 'gaussian:mu=1:sigma=2', 'replay:age=3', 'ipm:tau=0.1']) {
      const { name } = attackOf(text)
      expect(attackOf(name).name).toBe(name)
      expect(Object.entries(parseAttack(name))).toEqual(Object.entries(parseAttack(text)))
    }
  })
})

describe('createAttack', () => {
  const rng = createRng(1, 'attack')

  test.each([null, 'mimic', [], {}, { attack: 7 }])('refuses the spec %j', (spec) => {
    expect(() => createAttack(spec as unknown as AttackSpec, { vectors, rng })).toThrow(invalid('attack: '))
  })

  test.each(['optimal-ipm', 'optimal-alie'] as const)('%s needs a rule that it can imagine', (attack) => {
    expect(() => createAttack({ attack }, { vectors, rng })).toThrow(invalid('needs the rule'))
    expect(() => createAttack({ attack }, { vectors, rng, aggregator: rule('mozi') })).toThrow(invalid("can't search"))
  })

  test('says what an attack changes, and whether it aims', () => {
    const kinds = Object.fromEntries(attackNames.map((name) => [name, attackOf(name)]))

    expect(attackNames.filter((name) => kinds[name]!.kind === 'data')).toEqual(['label-flipping'])
    expect(attackNames.filter((name) => kinds[name]!.perTarget)).toEqual(['dissensus'])
  })
})

test('the help names every attack, every option and every short name', () => {
  const lines = attacksHelp().split('\n')

  for (const name of attackNames) expect(lines.filter((line) => line.startsWith(`  ${name}`)).length).toBeGreaterThan(0)
  for (const word of ['(sf)', '(ipm, foe', 'tau=X', 'evaluations=N', 'epsilon=N', 'sigma=X', 'age=N', 'noise=X']) {
    expect(attacksHelp()).toContain(word)
  }
  expect(lines.length).toBe(attackNames.length + 1)
})
