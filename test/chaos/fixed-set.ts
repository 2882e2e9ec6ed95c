import { readFileSync } from 'node:fs'
import { LEARNERS, type LearnerName } from './scenario.ts'
import type { Attempt } from './search.ts'

/** A run that once broke an invariant. */
export interface FixedSeed extends Attempt {
  /** What it found. */
  readonly found: string
}

/** Seeds that once failed, and stay: `seeds.json`. */
export function fixedSeeds(): FixedSeed[] {
  return JSON.parse(readFileSync(new URL('seeds.json', import.meta.url), 'utf8'))
}

/** Those that once failed, and `range` seeds of each learner besides. */
export function fixedAttempts(range = 0): Attempt[] {
  const once = fixedSeeds().map(({ learner, seed }): Attempt => ({ learner, seed }))
  const more = LEARNERS.flatMap((learner: LearnerName) =>
    Array.from({ length: range }, (_, i): Attempt => ({ learner, seed: i + 1 }))
  )

  return [...once, ...more]
}
