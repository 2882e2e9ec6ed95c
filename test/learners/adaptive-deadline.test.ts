import { expect, test } from 'vitest'
import {
  type DeadlineState,
  deadlineMs,
  initDeadline,
  observePeriod,
  observeWait
} from '../../src/learners/adaptive-deadline.ts'

const start = initDeadline({ initialMs: 3000, minMs: 100, maxMs: 9000 })
const repeat = (state: DeadlineState, times: number, next: (state: DeadlineState) => DeadlineState): DeadlineState =>
  times === 0 ? state : repeat(next(state), times - 1, next)

test('before the first observation it is the initial one', () => {
  expect(deadlineMs(start)).toBe(3000)
})

test('follows the peers, three periods long, within bounds', () => {
  expect(deadlineMs(repeat(start, 50, (s) => observePeriod(s, 200)))).toBeCloseTo(600, 6)
  expect(deadlineMs(repeat(start, 50, (s) => observePeriod(s, 1)))).toBe(100)
  expect(deadlineMs(repeat(start, 50, (s) => observePeriod(s, 60_000)))).toBe(9000)
  const slower = repeat(
    repeat(start, 50, (s) => observePeriod(s, 200)),
    50,
    (s) => observePeriod(s, 400)
  )
  expect(deadlineMs(slower)).toBeGreaterThan(1150)
})

test('silent peers cost less and less, and an answer restores the patience', () => {
  const silent = repeat(start, 3, (s) => observeWait(s, true))
  expect(deadlineMs(silent)).toBe(375)
  expect(deadlineMs(observeWait(silent, false))).toBe(3000)
})
