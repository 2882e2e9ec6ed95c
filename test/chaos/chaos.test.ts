import { describe, expect, test } from 'vitest'
import { fixedAttempts, fixedSeeds } from './fixed-set.ts'
import { describeFinding } from './report.ts'
import { LEARNERS } from './scenario.ts'
import { Search } from './search.ts'

/** Seeds of each learner besides those that once failed: `npm run test:chaos` tries more. */
const RANGE = 40
const search = new Search()

describe.each(LEARNERS)('%s', (learner) => {
  test('no invariant breaks in the fixed set of runs', async () => {
    const attempts = fixedAttempts(RANGE).filter((attempt) => attempt.learner === learner)
    const broken: string[] = []
    for (const attempt of attempts) {
      const { breach } = await search.run(attempt)
      if (breach !== undefined) broken.push(describeFinding({ ...attempt, breach }))
    }

    expect(broken).toEqual([])
    expect(attempts.length).toBeGreaterThanOrEqual(RANGE)
  }, 60_000)
})

test('each fixed seed says what it found, and is there once', () => {
  const names = fixedSeeds().map(({ learner, seed }) => `${learner} ${seed}`)

  expect(new Set(names).size).toBe(names.length)
  for (const { learner, seed, found } of fixedSeeds()) {
    expect(LEARNERS).toContain(learner)
    expect(seed).toBeGreaterThan(0)
    expect(found).not.toBe('')
  }
})
