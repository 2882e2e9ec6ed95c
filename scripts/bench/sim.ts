import { performance } from 'node:perf_hooks'
import { parseArgs } from 'node:util'
import type { SimHost } from '../../src/sim/host.ts'
import { DEFAULT_LINKS } from '../../src/sim/link-spec.ts'
import { Simulator } from '../../src/sim/simulator.ts'
import { interleavedPairs } from './stats.ts'

const HOSTS = 100
const MESSAGE = new Uint8Array(100)
/** What learners need leaves as much again for themselves. */
const MIN_EVENTS_PER_SECOND = 200_000

/**
 * Raw events a second of the simulator: a hundred hosts that send, ask and
 * sleep. As the machine's speed varies, the figure to compare is the ratio to
 * a bare loop of `setImmediate`, timed turn by turn with it.
 *
 * Options: --events N, --pairs N, --json
 */
export async function run(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      events: { type: 'string', default: '200000' },
      pairs: { type: 'string', default: '5' },
      json: { type: 'boolean', default: false }
    }
  })
  const events = Number(values.events)
  const raw = await measureRaw(events, Number(values.pairs))
  if (values.json) console.log(JSON.stringify({ raw }))
  else {
    console.log(`${events} events of messages, requests and timers among ${HOSTS} hosts, medians of ${values.pairs}`)
    console.log(`  simulator          ${raw.eventsPerSecond} events/s (at least ${MIN_EVENTS_PER_SECOND})`)
    console.log(`  bare setImmediate  ${raw.turnsPerSecond} turns/s`)
    console.log(`  ratio              ${raw.ratio} of a turn's speed`)
  }

  return raw.eventsPerSecond >= MIN_EVENTS_PER_SECOND ? 0 : 1
}

async function measureRaw(
  events: number,
  pairs: number
): Promise<{ eventsPerSecond: number; turnsPerSecond: number; ratio: number }> {
  const times = await interleavedPairs(
    () => bareTurns(events),
    () => simulate(events),
    { pairs, now: () => performance.now() }
  )

  return {
    eventsPerSecond: Math.round((1000 * events) / times.bMs),
    turnsPerSecond: Math.round((1000 * events) / times.aMs),
    ratio: Math.round(100 * times.ratio) / 100
  }
}

async function bareTurns(turns: number): Promise<void> {
  await new Promise<void>((resolve) => {
    let left = turns
    const turn = (): void => {
      if (--left > 0) setImmediate(turn)
      else resolve()
    }
    setImmediate(turn)
  })
}

async function simulate(events: number): Promise<void> {
  const simulator = new Simulator({ seed: 1, links: DEFAULT_LINKS })
  const hosts = Array.from({ length: HOSTS }, (_, i) => simulator.join(`host${i}`))
  const end = new AbortController()
  const all = hosts.flatMap((host, i) => {
    host.network.handle('note', { message: () => undefined })
    host.network.handle('ask', { request: async (_, bytes) => bytes })
    return [notes(hosts, i, end.signal), questions(hosts, i, end.signal)]
  })

  await simulator.run({ maxEvents: events })
  end.abort()
  await simulator.run({ maxMs: 60_000 })
  await Promise.allSettled(all)
}

/** A timer and a message each time. */
async function notes(hosts: readonly SimHost[], from: number, signal: AbortSignal): Promise<void> {
  const { network, clock } = hosts[from]!
  for (let i = 1; !signal.aborted; i++) {
    await clock.sleep(10 + (from % 7))
    await network.send(another(hosts, from, i), 'note', MESSAGE)
  }
}

/** A request and its answer each time. */
async function questions(hosts: readonly SimHost[], from: number, signal: AbortSignal): Promise<void> {
  for (let i = 1; !signal.aborted; i++) {
    await hosts[from]!.network.request(another(hosts, from, i), 'ask', MESSAGE)
  }
}

function another(hosts: readonly SimHost[], from: number, i: number): string {
  return hosts[(from + 1 + (i % (HOSTS - 1))) % HOSTS]!.peer
}
