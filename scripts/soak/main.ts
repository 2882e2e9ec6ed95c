/**
 * `npm run soak -- --minutes 30 [--nodes 8] [--learner gossip] [--seed 1] [--json] [--keep]`: real daemons on this
 * machine, left running while others of them crash, leave, stop for a while and join, and watched from outside. Exit
 * code 1 when one of the promises below is broken; the evidence is printed, and the daemons' folders are kept.
 *
 * - memory: of each process no more than 10 % above what it was after the first fifth of its life
 * - descriptors: no more and no more of them
 * - rounds: whoever is ready goes on
 * - answers, waits: each node answers, and whatever it waits for has a name and a deadline
 * - endings: nobody ends who was not told to, and who is told to does, soon, with exit code 0
 * - leftovers: no process, socket, lock or draft at the end
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { stopOnSignals } from '../../src/cli/stop.ts'
import { InvalidConfigError } from '../../src/interface/errors.ts'
import { LEARNERS, soakJob } from './job.ts'
import { MIN_JUDGED_ROUNDS, MIN_JUDGED_SECONDS } from './judge/memory.ts'
import { describeFinding } from './life.ts'
import { Soak } from './soak.ts'
import { summarise } from './summary.ts'
import { livesTable, minuteLine } from './table.ts'

interface SoakFlags {
  minutes: number
  nodes: number
  seed: number
  learner: (typeof LEARNERS)[number]
  json: boolean
  keep: boolean
}

const WRONG_USAGE = 2
const INTERRUPTED = 130
const MAX_NODES = 64
const MAX_MINUTES = 10_000

async function main(args: readonly string[]): Promise<number> {
  if (process.platform !== 'linux') throw new InvalidConfigError('the soak reads /proc: it runs on Linux only')
  const flags = readFlags(args)
  const folder = mkdtempSync(join(tmpdir(), 'starling-soak-'))
  const stop = stopOnSignals({ onForce: () => soak.killAll(), onStdinEnd: false })
  const say = flags.json ? console.error : console.log
  const soak = new Soak({
    job: soakJob(flags.learner, { nodes: flags.nodes + 1, seed: flags.seed }),
    nodes: flags.nodes,
    seconds: flags.minutes * 60,
    seed: flags.seed,
    folder,
    signal: stop.signal,
    onMinute: (minute) => say(minuteLine({ minute, lives: soak.lives, findings: soak.findings })),
    onNote: (text) => say(`${`${soak.seconds.toFixed(0)} s`.padStart(6)}  ${text}`)
  })
  say(`soak of ${flags.nodes} daemons, ${flags.learner}, ${flags.minutes} min, seed ${flags.seed}, in ${folder}`)
  try {
    await soak.run()
  } finally {
    stop.release()
  }
  say(`\n${livesTable(soak.lives, soak.seconds)}\n`)
  say(`memory is judged of processes that lived for ${MIN_JUDGED_SECONDS} s and ${MIN_JUDGED_ROUNDS} rounds`)
  for (const finding of soak.findings) say(`broken: ${describeFinding(finding)}`)
  const isKept = flags.keep || soak.findings.length > 0
  if (isKept) say(`the daemons' folders and logs are in ${folder}`)
  else rmSync(folder, { recursive: true, force: true })
  if (flags.json) console.log(JSON.stringify(summarise(soak, flags)))
  say(`${soak.lives.length} processes, ${soak.findings.length} promises broken`)
  if (soak.findings.length > 0) return 1

  return stop.signal.aborted ? INTERRUPTED : 0
}

function readFlags(args: readonly string[]): SoakFlags {
  const { values } = parseArgs({
    args: [...args],
    options: {
      minutes: { type: 'string', default: '30' },
      nodes: { type: 'string', default: '8' },
      seed: { type: 'string', default: '1' },
      learner: { type: 'string', default: 'gossip' },
      json: { type: 'boolean', default: false },
      keep: { type: 'boolean', default: false }
    }
  })
  const learner = LEARNERS.find((known) => known === values.learner)
  if (learner === undefined) {
    throw new InvalidConfigError(`--learner ${values.learner}: expected one of ${LEARNERS.join(', ')}`)
  }

  return {
    minutes: numberOf('--minutes', values.minutes, { min: 0.5, max: MAX_MINUTES }),
    nodes: wholeOf('--nodes', values.nodes, { min: 2, max: MAX_NODES }),
    seed: wholeOf('--seed', values.seed, { min: 0, max: 0xffff_ffff }),
    learner,
    json: values.json,
    keep: values.keep
  }
}

function numberOf(flag: string, text: string, { min, max }: { min: number; max: number }): number {
  const value = text.trim() === '' ? Number.NaN : Number(text)
  if (value >= min && value <= max) return value

  throw new InvalidConfigError(`${flag} ${text}: expected a number from ${min} to ${max}`)
}

function wholeOf(flag: string, text: string, range: { min: number; max: number }): number {
  const value = numberOf(flag, text, range)
  if (Number.isInteger(value)) return value

  throw new InvalidConfigError(`${flag} ${text}: expected a whole number`)
}

/** What is wrong with the command line is a line, not a stack. */
async function run(args: readonly string[]): Promise<number> {
  try {
    return await main(args)
  } catch (error) {
    const { code } = error as { code?: string }
    if (!(error instanceof InvalidConfigError) && code?.startsWith('ERR_PARSE_ARGS') !== true) throw error
    console.error(`soak: ${(error as Error).message}`)

    return WRONG_USAGE
  }
}

if (import.meta.main) process.exitCode = await run(process.argv.slice(2))
