import { describe, expect, test } from 'vitest'
import {
  afterFinding,
  afterLapse,
  type Finding,
  INITIAL_STANDING,
  type Standing
} from '../../../../src/robust/filters/mud-hog/standing.ts'

const DELAY = 2
const through = (findings: readonly (Finding | undefined)[], from: Standing = INITIAL_STANDING): Standing =>
  findings.reduce((standing: Standing, finding) => afterFinding(standing, finding, DELAY), from)

describe('afterFinding', () => {
  test.each([
    { id: 'one flip is not enough', findings: ['sign flip'] as const, confirmed: undefined },
    { id: 'two are', findings: ['sign flip', 'sign flip'] as const, confirmed: 'sign flip' },
    {
      id: 'with a clean round between they are not',
      findings: ['noise', undefined, 'noise'] as const,
      confirmed: undefined
    },
    { id: 'targeted takes four', findings: ['targeted', 'targeted', 'targeted'] as const, confirmed: undefined },
    { id: 'and has them', findings: ['targeted', 'targeted', 'targeted', 'targeted'] as const, confirmed: 'targeted' },
    { id: 'the last finding names it', findings: ['sign flip', 'noise'] as const, confirmed: 'noise' },
    { id: 'one clean round clears nobody', findings: ['noise', 'noise', undefined] as const, confirmed: 'noise' },
    { id: 'two do', findings: ['noise', 'noise', undefined, undefined] as const, confirmed: undefined }
  ])('$id', ({ findings, confirmed }) => {
    expect(through(findings).confirmed).toBe(confirmed)
  })

  test('who is spared twice after noise is unreliable, not hostile', () => {
    const once = through(['noise', 'noise', undefined])
    expect(once).toEqual({ findings: 0, confirmed: 'noise', lapses: 1, isUnreliable: false })
    const twice = through(['noise', 'noise', undefined], once)
    expect(twice).toEqual({ findings: 0, confirmed: undefined, lapses: 2, isUnreliable: true })
  })
})

describe('afterLapse', () => {
  const lapses = (flags: readonly boolean[]): Standing =>
    flags.reduce((standing: Standing, flag) => afterLapse(standing, flag, DELAY), INITIAL_STANDING)

  test('more than `delay` make unreliable, and it takes as many to be reliable again', () => {
    expect(lapses([true, true]).isUnreliable).toBe(false)
    expect(lapses([true, true, true])).toMatchObject({ lapses: 3, isUnreliable: true })
    expect(lapses([true, true, true, false, false])).toMatchObject({ lapses: 1, isUnreliable: true })
    expect(lapses([true, true, true, false, false, false])).toMatchObject({ lapses: 0, isUnreliable: false })
  })

  test('are bounded', () => {
    expect(lapses(Array.from({ length: 100 }, () => true)).lapses).toBe(5)
  })
})
