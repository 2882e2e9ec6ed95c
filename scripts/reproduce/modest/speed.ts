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

/** How fast the simulator is without training, and how much memory it takes with it. */
export const speed: Part = { about: 'events a second, and memory', run: runSpeed }

async function runSpeed({ quick, log }: PartOptions): Promise<PartResult> {
  const rounds = quick ? 5 : 50
  const turns = quick ? 1 : 3
  const scenes: { name: string; job: JobInput }[] = [
    {
      name: `MoDeST, ${quick ? 200 : 1000} nodes`,
      job: {
        data: { ...SMALL, nodes: quick ? 200 : 1000 },
        model: { name: 'linear' },
        learner: { name: 'modest', sample: 10 },
        budget: { rounds }
      }
    },
    {
      name: 'gossip, 100 nodes',
      job: {
        data: { ...SMALL, nodes: 100 },
        model: { name: 'linear' },
        learner: { name: 'gossip' },
        budget: { rounds }
      }
    }
  ]
  const rows: (string | number)[][] = []
  const checks: Check[] = []
  for (const { name, job } of scenes) {
    const rates: number[] = []
    let events = 0
    for (let turn = 0; turn < turns; turn++) {
      const run = await simulate({ job: { ...job, evaluation: { points: 0 } }, flags: { train: false } })
      rates.push((1000 * run.events) / run.wallMs)
      events = run.events
      log(`${name}: ${rates.at(-1)!.toFixed(0)} events/s`)
    }
    rows.push([name, events, rangeOf(rates, 0)])
    checks.push({
      what: `${name}, without training`,
      found: `${Math.max(...rates).toFixed(0)} events/s`,
      wanted: `at least ${MIN_EVENTS_PER_SECOND}`,
      holds: Math.max(...rates) >= MIN_EVENTS_PER_SECOND
    })
  }
  const gigabytes = await peakGigabytes(quick ? 100 : 1000)
  checks.push({
    what: `peak memory, ${quick ? 100 : 1000} nodes with a model of 50,890 parameters`,
    found: `${gigabytes.toFixed(2)} GB`,
    wanted: `below ${MAX_GB} GB`,
    holds: gigabytes < MAX_GB
  })

  return { tables: [{ head: ['without training', 'events', 'events a second'], rows }], checks }
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
