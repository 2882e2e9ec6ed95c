import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { JobInput } from '../../../src/node/job.ts'
import type { Check, Part, PartOptions, PartResult } from '../result.ts'
import { rangeOf } from '../statistics.ts'
import { simulate } from './simulate.ts'

const MIN_EVENTS_PER_SECOND = 100_000
const MAX_GB = 1.5
const POLL_MS = 200

/** `linear` on glyphs has the smallest model there is: what is left is the protocol. */
const SMALL = { set: 'glyphs', partition: 'iid' } as const

/** From this round on everyone has joined. */
const FROM_ROUND = 10

interface Scene {
  name: string
  job: JobInput
  rounds: number
}

/** Events a second: of the whole run, and of the rounds alone, without the beginning and the end. */
interface Rates {
  events: number
  whole: number
  rounds: number
}

/** How fast the simulator is without training, and how much memory it takes with it. */
export const speed: Part = { about: 'events a second, and memory', run: runSpeed }

function scenes(quick: boolean): Scene[] {
  const many = quick ? 200 : 1000
  const modest = { name: 'modest', sample: 10 } as const

  return [
    {
      name: `MoDeST, ${many} nodes`,
      job: { data: { ...SMALL, nodes: many }, learner: modest },
      rounds: quick ? 50 : 300
    },
    { name: 'MoDeST, 100 nodes', job: { data: { ...SMALL, nodes: 100 }, learner: modest }, rounds: quick ? 50 : 300 },
    { name: 'gossip, 100 nodes', job: { data: { ...SMALL, nodes: 100 }, learner: { name: 'gossip' } }, rounds: 50 }
  ]
}

async function runSpeed({ quick, log }: PartOptions): Promise<PartResult> {
  const rows: (string | number)[][] = []
  const checks: Check[] = []
  for (const scene of scenes(quick)) {
    const rates: Rates[] = []
    for (let turn = 0; turn < (quick ? 1 : 3); turn++) {
      rates.push(await ratesOf(scene))
      const { whole, rounds } = rates.at(-1)!
      log(`${scene.name}: ${whole.toFixed(0)} events/s, ${rounds.toFixed(0)} in the rounds`)
    }
    const wholes = rates.map(({ whole }) => whole)
    rows.push([
      scene.name,
      scene.rounds,
      rates[0]!.events,
      rangeOf(wholes, 0),
      rangeOf(
        rates.map(({ rounds }) => rounds),
        0
      )
    ])
    checks.push({
      what: `${scene.name}, without training, best of ${wholes.length}`,
      found: `${Math.max(...wholes).toFixed(0)} events/s`,
      wanted: `at least ${MIN_EVENTS_PER_SECOND}`,
      holds: Math.max(...wholes) >= MIN_EVENTS_PER_SECOND
    })
  }
  const gigabytes = await peakGigabytes(quick ? 100 : 1000)
  checks.push({
    what: `peak memory, ${quick ? 100 : 1000} nodes with a model of 50,890 parameters`,
    found: `${gigabytes.toFixed(2)} GB`,
    wanted: `below ${MAX_GB} GB`,
    holds: gigabytes < MAX_GB
  })

  return {
    tables: [{ head: ['without training', 'rounds', 'events', 'events a second', 'in the rounds alone'], rows }],
    checks
  }
}

async function ratesOf({ job, rounds }: Scene): Promise<Rates> {
  let from: { events: number; ms: number } | undefined
  let until = { events: 0, ms: 0 }
  const { events, wallMs } = await simulate({
    job: { ...job, model: { name: 'linear' }, budget: { rounds }, evaluation: { points: 0 } },
    flags: { train: false },
    onEvent: (_ms, _node, event, swarm) => {
      if (event.event !== 'round:ended' || event.round < FROM_ROUND) return
      const now = { events: swarm.events(), ms: performance.now() }
      from ??= now
      // gossip goes on a little for those that are behind
      if (event.round < rounds) until = now
    }
  })

  return {
    events,
    whole: (1000 * events) / wallMs,
    rounds: (1000 * (until.events - from!.events)) / (until.ms - from!.ms)
  }
}

/** Resident memory at its highest, of a process that simulates with real training. Linux only. */
async function peakGigabytes(nodes: number): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'starling-memory-'))
  const job = {
    data: { set: 'fashion-mnist', partition: 'iid', nodes },
    model: { name: 'mlp', hidden: [64] },
    learner: { name: 'modest', sample: 10 },
    budget: { rounds: 20 }
  }
  try {
    writeFileSync(join(folder, 'job.yaml'), JSON.stringify(job)) // JSON is YAML
    const program = fileURLToPath(new URL('../../../bin/starling.js', import.meta.url))
    const args = ['sim', join(folder, 'job.yaml'), '--device', 'cpu', '--quiet', '--out', join(folder, 'run')]
    const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'ignore', 'inherit'] })
    let peakKiB = 0
    const poll = setInterval(() => {
      peakKiB = Math.max(peakKiB, highWaterKiB(child.pid))
    }, POLL_MS)
    const [code] = await once(child, 'exit')
    clearInterval(poll)
    if (code !== 0) throw new Error(`starling sim ended with ${code}`)

    return (peakKiB * 1024) / 1e9
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function highWaterKiB(pid: number | undefined): number {
  try {
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0)
  } catch {
    return 0 // it has just ended
  }
}
