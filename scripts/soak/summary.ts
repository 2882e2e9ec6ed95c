import { memoryChange } from './judge/memory.ts'
import { longestStall } from './judge/rounds.ts'
import { ageOf, describeFinding, type Finding, type Life } from './life.ts'

/** The run as plain data, for `--json`. */
export function summarise(
  { lives, findings, seconds }: { lives: readonly Life[]; findings: readonly Finding[]; seconds: number },
  flags: object
): object {
  return {
    ...flags,
    seconds,
    processes: lives.map((life) => ({
      node: life.node,
      pid: life.pid,
      seconds: ageOf(life, seconds),
      order: life.order?.kind ?? null,
      end: life.end ?? null,
      round: life.growth.at(-1)?.round ?? null,
      longestStallSeconds: longestStall(life, seconds).seconds,
      memory: memoryChange(life) ?? null,
      last: life.samples.at(-1) ?? null
    })),
    broken: findings.map(describeFinding)
  }
}
