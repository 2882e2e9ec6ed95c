/** Nodes in a private network and by invitation, as the benchmark of strangers needs them: two that train, two that wait. */
import { type ChildProcess, spawn } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { stringify } from 'yaml'
import type { NodeEvent } from '../../src/node/events.ts'
import { nameOfNode } from '../../src/node/identity.ts'
import { createOwner, invite } from '../../src/node/invitations.ts'
import { canonicalJob, type JobInput, jobId, resolveJob } from '../../src/node/job.ts'
import { createNetworkKey } from '../../src/node/network-key.ts'
import type { StrangerOrders } from './stranger-process.ts'

/** A daemon, with what it says. */
export interface Victim {
  readonly child: ChildProcess
  readonly events: NodeEvent[]
  /** Multiaddr. */
  readonly address: string
}

export interface Victims {
  /** Two that train with one another. */
  readonly swarm: readonly Victim[]
  /** Two of the same job that wait for the others, and never meet them. */
  readonly idle: readonly Victim[]
  readonly orders: Omit<StrangerOrders, 'nice'>
}

const READY_MS = 120_000
const DAY_MS = 86_400_000
/** Linux counts the time of processes in these. */
const TICKS_PER_SECOND = 100

/** @param children - takes each process as soon as it runs */
export async function startVictims(folder: string, children: ChildProcess[]): Promise<Victims> {
  const [ownerKey, networkKey, jobPath] = ['owner.key', 'swarm.key', 'job.yaml'].map((name) => join(folder, name)) as [
    string,
    string,
    string
  ]
  const owner = await createOwner(ownerKey)
  await createNetworkKey(networkKey)
  const input: JobInput = {
    ...{ data: { nodes: 2 }, budget: { rounds: 1_000_000 }, evaluation: { points: 0 } },
    membership: { owner }
  }
  const job = resolveJob(input, 'the benchmark')
  await writeFile(jobPath, stringify(input))

  const start = async (name: string, slice: number, flags: readonly string[] = []): Promise<Victim> => {
    const dataDir = join(folder, name)
    const [nowMs, peer] = [Date.now(), await nameOfNode(dataDir)]
    const token = await invite({ ownerKey, job, jobPath, peer, right: 'train', nowMs, untilMs: nowMs + DAY_MS })
    const own = ['--data-dir', dataDir, '--invite', token, '--network-key', networkKey, '--slice', `${slice}`]

    return await startNode([jobPath, ...own, ...flags], children)
  }
  const first = await start('first', 0)
  const second = await start('second', 1, ['--join', first.address])
  const idle = [await start('third', 0), await start('fourth', 1)]
  await eventOf(first, 'round:ended')

  const hex = async (path: string): Promise<string> => (await readFile(path)).toString('hex')
  const keys = { owner: await hex(ownerKey), networkKey: await hex(networkKey) }

  return {
    swarm: [first, second],
    idle,
    orders: { jobId: jobId(job), jobJson: canonicalJob(job), identities: 20, ...keys }
  }
}

export function roundsOf(victims: readonly Victim[]): number {
  return victims.reduce((sum, { events }) => sum + events.filter(({ event }) => event === 'round:ended').length, 0)
}

/** Seconds that the processors have spent on these processes. */
export async function busyOf(victims: readonly Victim[]): Promise<number> {
  const ticks = await Promise.all(
    victims.map(async ({ child }) => {
      const fields = (await readFile(`/proc/${child.pid}/stat`, 'utf8')).split(') ')[1]!.split(' ')
      return Number(fields[11]) + Number(fields[12])
    })
  )

  return ticks.reduce((sum, each) => sum + each, 0) / TICKS_PER_SECOND
}

/** Lines of output that the strangers caused. */
export function refusalLines({ events }: Victim): number {
  return events.filter(({ event }) => event === 'peer:rejected' || event === 'strangers:refused').length
}

async function startNode(args: readonly string[], children: ChildProcess[]): Promise<Victim> {
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

async function eventOf<E extends NodeEvent['event']>(
  { events, child }: Pick<Victim, 'events' | 'child'>,
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
