import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Summary } from '../../../src/cli/swarm/summary.ts'
import type { Check, Part, PartOptions, PartResult } from '../result.ts'
import { chooseVictims } from './victims.ts'

const NODES = 12
const SAMPLE = 4
const VICTIMS = 6
const MAX_LOSS = 0.02
const POLL_MS = 50

interface Outcome {
  summary: Summary
  /** Newest round when the victims were killed; undefined without. */
  killedIn: number | undefined
}

/** Real processes on real sockets, half of which are killed in the middle. */
export const sockets: Part = { about: '12 processes, 6 of them killed in the middle', run: runSockets }

async function runSockets({ quick, log }: PartOptions): Promise<PartResult> {
  const seeds = quick ? [1] : [1, 2]
  const rounds = quick ? 20 : 80
  const rows: (string | number)[][] = []
  const checks: Check[] = []
  for (const seed of seeds) {
    const undisturbed = await swarm({ seed, rounds, kill: false })
    const killed = await swarm({ seed, rounds, kill: true })
    const row = [
      seed,
      percent(undisturbed.summary.accuracy.mean),
      percent(killed.summary.accuracy.mean),
      killed.killedIn ?? '',
      killed.summary.died.length,
      `${killed.summary.rounds} of ${rounds}`,
      `${undisturbed.summary.seconds.toFixed(0)} s`,
      `${killed.summary.seconds.toFixed(0)} s`
    ]
    log(row.join('  '))
    rows.push(row)
    const loss = (undisturbed.summary.accuracy.mean ?? 0) - (killed.summary.accuracy.mean ?? 0)
    checks.push({
      what: `seed ${seed}: finishes, and loses little accuracy`,
      found: `${killed.summary.rounds} rounds, ${(100 * loss).toFixed(1)} points`,
      wanted: `${rounds} rounds, at most ${100 * MAX_LOSS} points`,
      holds: killed.summary.rounds >= rounds && loss <= MAX_LOSS && killed.summary.died.length === VICTIMS
    })
  }

  return {
    tables: [
      {
        head: [
          'seed',
          'undisturbed',
          'six killed',
          'killed in round',
          'died',
          'rounds',
          'time undisturbed',
          'time with six killed'
        ],
        rows
      }
    ],
    checks
  }
}

interface SwarmInit {
  seed: number
  rounds: number
  kill: boolean
}

/** `npm run swarm`, and SIGKILL to half of it when half of the rounds are done. */
async function swarm({ seed, rounds, kill }: SwarmInit): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), 'starling-sockets-'))
  const out = join(folder, 'run')
  const program = fileURLToPath(new URL('../../swarm.ts', import.meta.url))
  const options = { learner: 'modest', nodes: NODES, sample: SAMPLE, seed, rounds, out }
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, `${value}`])
  try {
    const child = spawn(process.execPath, [program, ...args, '--no-baselines', '--quiet'], { stdio: 'ignore' })
    const ended = once(child, 'exit')
    const killedIn = kill ? await killHalfWay(child, out, rounds) : undefined
    const [code] = await ended
    if (code !== 0) throw new Error(`starling swarm ended with ${code}`)

    return { summary: JSON.parse(readFileSync(join(out, 'summary.json'), 'utf8')), killedIn }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** @returns the round in which it happened */
async function killHalfWay(child: ChildProcess, out: string, rounds: number): Promise<number> {
  while (child.exitCode === null) {
    const events = eventsOf(out)
    const round = events.reduce(
      (most, { event, round }) => (event === 'round:ended' ? Math.max(most, round!) : most),
      0
    )
    if (round >= rounds / 2) {
      const victims = chooseVictims(classCountsOf(events), VICTIMS)
      const pids = events.flatMap(({ event, node, pid }) =>
        event === 'process:started' && victims.includes(node) ? pid! : []
      )
      for (const pid of pids) process.kill(pid, 'SIGKILL')
      return round
    }
    await sleep(POLL_MS)
  }
  throw new Error('the swarm ended before its nodes could be killed')
}

function classCountsOf(events: readonly Line[]): number[][] {
  const counts: number[][] = []
  for (const { event, node, classCounts } of events) if (event === 'data:loaded') counts[node] = classCounts!

  return counts
}

interface Line {
  event: string
  node: number
  classCounts?: number[]
  pid?: number
  round?: number
}

function eventsOf(out: string): Line[] {
  const path = join(out, 'events.jsonl')
  if (!existsSync(path)) return []

  // the last line may be half written
  return readFileSync(path, 'utf8')
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Line)
}

function percent(fraction: number | null): string {
  return fraction === null ? 'none' : `${(100 * fraction).toFixed(1)} %`
}
