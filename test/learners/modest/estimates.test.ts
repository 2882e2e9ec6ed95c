import { describe, expect, test } from 'vitest'
import { initEstimate, maxBelievable, observeRound } from '../../../src/learners/modest/round-estimate.ts'
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
