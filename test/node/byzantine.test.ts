import { describe, expect, test } from 'vitest'
import { byzantineNodes, byzantineRoles, checkAttacks, parseByzantine, parseRole } from '../../src/node/byzantine.ts'
import { resolveJob } from '../../src/node/job.ts'
import { resolveSimulation } from '../../src/node/simulation-spec.ts'
import { attackNames, attackText, parseAttack } from '../../src/robust/attacks/registry.ts'

const jobOf = (robust?: string, nodes = 8) =>
  resolveJob({ data: { nodes }, learner: { name: 'gossip', ...(robust === undefined ? {} : { robust }) } }, 'test')
const failing = (message: string | RegExp) =>
  expect.objectContaining({ code: 'ERR_CONFIG_INVALID', message: expect.stringMatching(message) })
const thrownBy = (work: () => unknown): unknown => {
  try {
    work()
  } catch (error) {
    return error
  }

  return 'nothing thrown'
}

describe('--byzantine', () => {
  test('the last nodes attack, in the order given, under the full names', () => {
    expect(parseByzantine(['2:alie:tau=1.5', '1:nan'], 8)).toEqual([
      { node: 5, attack: 'a-little-is-enough:tau=1.5' },
      { node: 6, attack: 'a-little-is-enough:tau=1.5' },
      { node: 7, attack: 'nan' }
    ])
    expect(parseByzantine([], 8)).toEqual([])
    expect(parseByzantine(['1:sf'], 2)).toEqual([{ node: 1, attack: 'sign-flipping' }])
  })

  test.each(attackNames)('%s, and back', (name) => {
    const { attack } = parseByzantine([`1:${name}`], 2)[0]!
    expect(attack).toBe(name)
    expect(attackText(parseAttack(attack))).toBe(name)
  })

  test.each([
    { id: 'no count', texts: ['alie'], says: /--byzantine alie: expected COUNT:ATTACK, such as 2:alie/ },
    { id: 'no attack', texts: ['2'], says: /expected COUNT:ATTACK/ },
    { id: 'nothing', texts: [''], says: /expected COUNT:ATTACK/ },
    { id: 'empty name', texts: ['2:'], says: /expected COUNT:ATTACK/ },
    { id: 'zero', texts: ['0:alie'], says: /expected COUNT:ATTACK/ },
    { id: 'negative', texts: ['-1:alie'], says: /expected COUNT:ATTACK/ },
    { id: 'a fraction', texts: ['1.5:alie'], says: /expected COUNT:ATTACK/ },
    { id: 'far too many', texts: ['99999999999999999999:alie'], says: /expected COUNT:ATTACK/ },
    { id: 'a slip', texts: ['2:alei'], says: /no attack "alei", did you mean alie\?/ },
    { id: 'an option that is none', texts: ['1:alie:tua=2'], says: /tau/ },
    { id: 'an option without a value', texts: ['1:alie:tau'], says: /expected OPTION=VALUE/ },
    { id: 'a name of JavaScript', texts: ['1:constructor'], says: /no attack "constructor"/ },
    { id: 'everybody', texts: ['8:alie'], says: /--byzantine: 8 of 8 nodes, and at least one must be honest/ },
    { id: 'everybody, in parts', texts: ['4:alie', '5:nan'], says: /9 of 8 nodes/ }
  ])('refuses $id', ({ texts, says }) => {
    expect(thrownBy(() => parseByzantine(texts, 8))).toEqual(failing(says))
  })

  test('a long text is not repeated whole', () => {
    const error = thrownBy(() => parseByzantine(['x'.repeat(10_000)], 8)) as Error
    expect(error.message.length).toBeLessThan(300)
  })

  test('attackers know each other', () => {
    const roles = byzantineRoles(parseByzantine(['1:alie', '2:nan'], 5), ['a', 'b', 'c', 'd', 'e'])

    expect(roles.slice(0, 2)).toEqual([undefined, undefined])
    expect(roles[3]).toEqual({ attack: { attack: 'nan' }, attackers: 3, accomplices: ['c', 'e'] })
  })
})

describe('held against the job', () => {
  test('an optimal attack can’t search against a rule that goes by losses', () => {
    expect(thrownBy(() => checkAttacks(jobOf('mozi'), [{ attack: 'optimal-alie' }]))).toEqual(failing(/mozi/))
    expect(() => checkAttacks(jobOf('nnm,trimmed-mean:f=1'), [{ attack: 'optimal-alie' }])).not.toThrow()
    expect(() => checkAttacks(jobOf(), [{ attack: 'optimal-ipm' }])).not.toThrow()
    expect(thrownBy(() => byzantineNodes(jobOf('mozi'), ['2:optimal-ipm']))).toEqual(failing(/mozi/))
  })
})

test('where no models are sent, only labels can lie', () => {
  const job = resolveJob({ learner: { name: 'spsa' }, data: { nodes: 4 } }, 'test')
  expect(thrownBy(() => byzantineNodes(job, ['1:alie']))).toEqual(failing(/spsa send no models; take label-flipping/))
  expect(byzantineNodes(job, ['1:lf'])).toEqual([{ node: 3, attack: 'label-flipping' }])
})

describe('--attack', () => {
  const role = (attack: string, attackers?: number, accomplices: string[] = []) =>
    parseRole({ attack, attackers, accomplices })

  test('itself and those it names, or as many as it is told', () => {
    expect(role('alie')).toEqual({ attack: { attack: 'a-little-is-enough' }, attackers: 1, accomplices: [] })
    expect(role('alie', undefined, ['p', 'q']).attackers).toBe(3)
    expect(role('alie', 5, ['p']).attackers).toBe(5)
  })

  test('refuses fewer than it names', () => {
    expect(thrownBy(() => role('alie', 1, ['p']))).toEqual(failing(/--attackers 1: .* there are 2 already/))
    expect(thrownBy(() => role('foo'))).toEqual(failing(/no attack "foo"/))
  })
})

describe('--omniscient', () => {
  test('goes with attackers only', () => {
    const byzantine = parseByzantine(['1:alie'], 3)
    expect(thrownBy(() => resolveSimulation({ omniscient: true }))).toEqual(failing(/--omniscient: .*--byzantine/))
    expect(resolveSimulation({ omniscient: true }, byzantine).byzantine).toEqual({ nodes: byzantine, omniscient: true })
    expect(resolveSimulation({}, byzantine).byzantine).toEqual({ nodes: byzantine, omniscient: false })
    expect(resolveSimulation({})).not.toHaveProperty('byzantine')
  })
})
