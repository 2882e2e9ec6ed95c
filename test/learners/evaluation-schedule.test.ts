import { expect, test } from 'vitest'
import { EvaluationSchedule } from '../../src/learners/evaluation-schedule.ts'

test.each([
  { points: 0, due: [] },
  { points: 1, due: [1] },
  { points: 4, due: [0.3, 0.5, 0.8, 1] },
  // more points than rounds: one a round
  { points: 40, due: [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1] }
])('of ten rounds, $points points come after $due', ({ points, due }) => {
  const schedule = new EvaluationSchedule(points)
  const rounds = Array.from({ length: 10 }, (_, i) => (i + 1) / 10)
  expect(rounds.filter((progress) => schedule.isDue(progress))).toEqual(due)
  expect(schedule.isDue(1)).toBe(false)
})
