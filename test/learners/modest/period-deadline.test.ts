import { expect, test } from 'vitest'
import { periodDeadlineMs } from '../../../src/learners/modest/period-deadline.ts'

const deadline = { periods: 3, initialMs: 15_000, minMs: 2_000, maxMs: 120_000 }

test.each([
  { periodMs: undefined, ms: 15_000 },
  { periodMs: 100, ms: 2_000 },
  { periodMs: 5_000, ms: 15_000 },
  { periodMs: 7_000, ms: 21_000 },
  { periodMs: 1e9, ms: 120_000 }
])('rounds of $periodMs ms: waits $ms ms', ({ periodMs, ms }) => {
  expect(periodDeadlineMs(deadline, periodMs)).toBe(ms)
})
