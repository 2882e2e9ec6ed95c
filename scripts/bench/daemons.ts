/** Daemons in processes of their own, for benchmarks: what they say, the rounds they end, the processor time they take. */
import { type ChildProcess, spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import type { NodeEvent } from '../../src/node/events.ts'

export interface Daemon {
  readonly child: ChildProcess
  readonly events: readonly NodeEvent[]
  /** Multiaddr. */
  readonly address: string
}

/** What daemons did in stretches of time. */
export interface Phase {
  seconds: number
  /** Rounds of all of them. */
  rounds: number
  /** Seconds that the processors have spent on them. */
  busy: number
}

const READY_MS = 120_000
/** Linux counts the time of processes in these. */
const TICKS_PER_SECOND = 100

/**
 * Starts a daemon on loopback, and waits until it is ready. It waits for a peer before it trains.
 *
 * @param children - takes the process as soon as it runs
 */
export async function startDaemon(args: readonly string[], children: ChildProcess[]): Promise<Daemon> {
  const flags = ['--json', '--listen', '/ip4/127.0.0.1/tcp/0', '--await-peers', '1', '--device', 'cpu', '--mdns', 'off']
  const child = spawn(process.execPath, ['bin/starling.js', 'node', ...args, ...flags], {
    stdio: ['pipe', 'pipe', 'ignore']
  })
  children.push(child)
  const events: NodeEvent[] = []
  createInterface({ input: child.stdout! }).on('line', (line) => {
    if (line.startsWith('{')) events.push(JSON.parse(line) as NodeEvent)
  })
  const { addresses } = await eventOf({ events, child }, 'node:ready')

  return { child, events, address: addresses[0]! }
}

/** Waits for the first event of this name. */
export async function eventOf<E extends NodeEvent['event']>(
  { events, child }: Pick<Daemon, 'events' | 'child'>,
  name: E
): Promise<Extract<NodeEvent, { event: E }>> {
  const untilMs = performance.now() + READY_MS
  for (;;) {
    const found = events.find((event): event is Extract<NodeEvent, { event: E }> => event.event === name)
    if (found !== undefined) return found
    if (child.exitCode !== null || performance.now() > untilMs) throw new Error(`no ${name} from a node`)
    await delay(20)
  }
}

export function emptyPhase(): Phase {
  return { seconds: 0, rounds: 0, busy: 0 }
}

/** Adds to a phase what they do while this work lasts. */
export async function addStretch(phase: Phase, daemons: readonly Daemon[], work: () => Promise<void>): Promise<void> {
  const [startMs, rounds, busy] = [performance.now(), roundsOf(daemons), await busyOf(daemons)]
  await work()
  phase.seconds += (performance.now() - startMs) / 1000
  phase.rounds += roundsOf(daemons) - rounds
  phase.busy += (await busyOf(daemons)) - busy
}

/** Rounds a second. */
export function rateOf({ rounds, seconds }: Phase): number {
  return rounds / seconds
}

/** Milliseconds of processor time that a round took. */
export function roundCost({ busy, rounds }: Phase): number {
  return (1000 * busy) / rounds
}

/** Rounds that all of them have ended. */
function roundsOf(daemons: readonly Daemon[]): number {
  return daemons.reduce((sum, { events }) => sum + events.filter(({ event }) => event === 'round:ended').length, 0)
}

/** Seconds that the processors have spent on them. */
export async function busyOf(daemons: readonly Daemon[]): Promise<number> {
  const ticks = await Promise.all(
    daemons.map(async ({ child }) => {
      const fields = (await readFile(`/proc/${child.pid}/stat`, 'utf8')).split(') ')[1]!.split(' ')
      return Number(fields[11]) + Number(fields[12])
    })
  )

  return ticks.reduce((sum, each) => sum + each, 0) / TICKS_PER_SECOND
}
