import { describe, expect, test } from 'vitest'
import { RoundClaims } from '../../../src/learners/modest/round-claims.ts'
import { initEstimate, maxBelievable, maxPlausible, observeRound } from '../../../src/learners/modest/round-estimate.ts'
import { initRoundTrip, observeRoundTrip, resendMs } from '../../../src/learners/modest/round-trip.ts'

describe('round estimate', () => {
  test('follows evidence upwards only, and averages the time a round takes', () => {
    let state = observeRound(initEstimate(0), 1, 1000)
    expect(state).toEqual({ round: 1, atMs: 1000, periodMs: undefined })

    state = observeRound(state, 3, 5000)
    expect(state).toEqual({ round: 3, atMs: 5000, periodMs: 2000 })
    expect(observeRound(state, 3, 9000)).toBe(state)
    expect(observeRound(state, 2, 9000)).toBe(state)

    state = observeRound(state, 4, 6000)
    expect(state.periodMs).toBe(1500)
    // a stall of ten seconds counts as three periods, and little
    state = observeRound(state, 5, 16_000)
    expect(state.periodMs).toBeCloseTo(1800, 9)
  })

  test('the first news says nothing of how long a round takes', () => {
    expect(observeRound(initEstimate(0), 500, 10).periodMs).toBeUndefined()
  })

  test('believes claims only so far ahead: 16 rounds, and 200 for each second without news', () => {
    const state = observeRound(initEstimate(0), 100, 1000)
    expect(maxBelievable(state, 1000)).toBe(116)
    expect(maxBelievable(state, 3000)).toBe(516)
    expect(maxBelievable(state, 1e15)).toBe(0xffff_ffff)
  })
})

describe("one peer's word", () => {
  test('is enough for three rounds more, and for some more with time', () => {
    const state = observeRound(initEstimate(0), 100, 1000)
    const usual = { meanMs: 500, rush: 4 }
    expect(maxPlausible(state, 1000, usual)).toBe(103)
    expect(maxPlausible(state, 2000, usual)).toBe(111)
    expect(maxPlausible(state, 2000, { meanMs: 0, rush: 4 })).toBe(316)
  })

  test('is believed when a second peer says as much; repeated, or raised, it stays one', () => {
    const claims = new RoundClaims()
    const known = { believed: 5, witnesses: 2 }
    for (let round = 6; round < 3000; round++) {
      expect(claims.add('liar', { round, atMs: round }, known)).toBeUndefined()
    }
    expect(claims.add('ann', { round: 7, atMs: 4000 }, known)).toEqual({ round: 7, atMs: 4000 })
    expect(claims.add('bob', { round: 8, atMs: 5000 }, { ...known, believed: 7 })).toEqual({ round: 8, atMs: 5000 })
    expect(claims.add('bob', { round: 4, atMs: 5000 }, known)).toBeUndefined()
  })

  test('of very many peers, the newest are remembered', () => {
    const claims = new RoundClaims()
    const known = { believed: 0, witnesses: 66 }
    for (let i = 1; i <= 200; i++) expect(claims.add(`peer${i}`, { round: i, atMs: i }, known)).toBeUndefined()
    expect(claims.add('one more', { round: 1000, atMs: 9 }, { ...known, witnesses: 2 })).toEqual({
      round: 200,
      atMs: 200
    })
  })
})

describe('round trip', () => {
  test('RFC 6298: smoothed mean and deviation, four of which are allowed for', () => {
    let state = observeRoundTrip(initRoundTrip(), 400)
    expect(state).toEqual({ meanMs: 400, deviationMs: 200 })
    expect(resendMs(state)).toBe(1200)

    state = observeRoundTrip(state, 800)
    expect(state).toEqual({ meanMs: 450, deviationMs: 250 })
  })

  test('stays within bounds', () => {
    expect(resendMs(initRoundTrip())).toBe(1000)
    let fast = initRoundTrip()
    for (let i = 0; i < 100; i++) fast = observeRoundTrip(fast, 1)
    expect(resendMs(fast)).toBe(250)
    expect(resendMs(observeRoundTrip(initRoundTrip(), 60_000))).toBe(4000)
  })
})
