import type { Finding, Life } from '../life.ts'
import { judgeDescriptors } from './descriptors.ts'
import { judgeEnding } from './endings.ts'
import { judgeMemory, judgeWhetherJudged } from './memory.ts'
import { judgeRounds } from './rounds.ts'

/** What can be said at any moment: once broken, these stay broken. */
export function judgeInPassing(lives: readonly Life[], nowSeconds: number): Finding[] {
  return lives.flatMap((life) => [...judgeEnding(life, nowSeconds), ...judgeRounds(life, nowSeconds), ...life.findings])
}

/** What can be said when all have ended. */
export function judgeLives(lives: readonly Life[], nowSeconds: number): Finding[] {
  return [
    ...judgeInPassing(lives, nowSeconds),
    ...judgeWhetherJudged(lives),
    ...lives.flatMap((life) => [...judgeMemory(life), ...judgeDescriptors(life)])
  ]
}
