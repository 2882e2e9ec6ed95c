/**
 * Searches for faults: `npm run test:chaos -- --seeds 1000 [--learner NAME] [--from N]`, or one run alone with
 * `--seed N`, all that happens in it with `--trace`; `--fixed` runs those that once failed. Exit code 1 when an
 * invariant broke. `--merge` and `--robust` combine models as in a job.
 */
import { parseArgs } from 'node:util'
import { InvalidConfigError } from '../src/interface/errors.ts'
import { fixedAttempts } from '../test/chaos/fixed-set.ts'
import { describeAttempt, describeFinding, tracing } from '../test/chaos/report.ts'
import { drawScenario, LEARNERS, type LearnerName } from '../test/chaos/scenario.ts'
import { type Attempt, type Finding, Search } from '../test/chaos/search.ts'

const PROGRESS_MS = 5_000
const DEFAULT_SEEDS = 100

async function main(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seeds: { type: 'string' },
      from: { type: 'string', default: '1' },
      seed: { type: 'string' },
      learner: { type: 'string' },
      merge: { type: 'string' },
      robust: { type: 'string' },
      fixed: { type: 'boolean', default: false },
      trace: { type: 'boolean', default: false }
    }
  })
  const learners = values.learner === undefined ? LEARNERS : [learnerOf(values.learner)]
  const from = count('--from', values.seed ?? values.from)
  const seeds = values.seed === undefined ? count('--seeds', values.seeds ?? `${values.fixed ? 0 : DEFAULT_SEEDS}`) : 1
  const combining = { merge: values.merge, robust: values.robust }
  const range = learners.flatMap((learner) =>
    Array.from({ length: seeds }, (_, i): Attempt => ({ learner, seed: from + i, ...combining }))
  )
  const fixed = values.fixed ? fixedAttempts().filter(({ learner }) => learners.includes(learner)) : []
  if (values.trace)
    for (const { learner, seed } of range) console.log(JSON.stringify(drawScenario(learner, seed, combining)))

  return await search([...fixed, ...range], values.trace)
}

/** @returns the exit code */
async function search(attempts: readonly Attempt[], isTraced: boolean): Promise<number> {
  const runner = new Search()
  const findings: Finding[] = []
  const startedMs = performance.now()
  let shownMs = startedMs
  let events = 0
  for (const [done, attempt] of attempts.entries()) {
    const { breach, events: more } = await runner.run(attempt, isTraced ? tracing(attempt, console.log) : {})
    events += more
    if (breach !== undefined) {
      findings.push({ ...attempt, breach })
      console.log(describeFinding({ ...attempt, breach }))
    }
    if (performance.now() - shownMs < PROGRESS_MS) continue
    shownMs = performance.now()
    console.log(`  ${done + 1} of ${attempts.length} runs, ${findings.length} broken, at ${describeAttempt(attempt)}`)
  }
  const seconds = (performance.now() - startedMs) / 1000
  console.log(`${attempts.length} runs, ${events} events, ${seconds.toFixed(1)} s: ${findings.length} broken`)

  return findings.length === 0 ? 0 : 1
}

function learnerOf(name: string): LearnerName {
  const learner = LEARNERS.find((known) => known === name)
  if (learner === undefined) throw new InvalidConfigError(`--learner ${name}: expected one of ${LEARNERS.join(', ')}`)

  return learner
}

function count(flag: string, text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 0 || value > 0xffff_ffff) {
    throw new InvalidConfigError(`${flag} ${text}: expected a whole number`)
  }

  return value
}

process.exitCode = await main(process.argv.slice(2))
