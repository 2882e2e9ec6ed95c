import { expect, test } from 'vitest'
import { EvaluationSchedule } from '../../src/learners/evaluation-schedule.ts'

test.each([
  { points: 0, due: [] },
  { points: 1, due: [10] },
  { points: 4, due: [3, 5, 8, 10] },
  // more points than rounds: one a round
  { points: 40, due: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10] }
])('of ten rounds, $points points come after $due', ({ points, due }) => {
  const schedule = new EvaluationSchedule({ budget: { rounds: 10 }, points })
  const rounds = Array.from({ length: 10 }, (_, i) => i + 1)
  expect(rounds.filter((round) => schedule.isDue(round, 0))).toEqual(due)
  expect(schedule.isDue(10, 0)).toBe(false)
})

test('a run without an end has a point soon, then one a minute, and none where the job asks for none', () => {
  const seconds = Array.from({ length: 200 }, (_, i) => i + 1)
  const dueAt = (points: number, done?: number): number[] => {
    const schedule = new EvaluationSchedule({ budget: {}, points, done })
    return seconds.filter((second) => schedule.isDue(second, 1000 * second))
  }

  expect(dueAt(20)).toEqual([10, 70, 130, 190])
  expect(dueAt(20, 2)).toEqual([130, 190])
  expect(dueAt(0)).toEqual([])
})
