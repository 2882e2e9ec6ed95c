/** Nodes in a private network and by invitation, as the benchmark of strangers needs them: two that train, two that wait. */
import type { ChildProcess } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { nameOfNode } from '../../src/node/identity.ts'
import { createOwner, invite } from '../../src/node/invitations.ts'
import { canonicalJob, type JobInput, jobId, resolveJob } from '../../src/node/job.ts'
import { createNetworkKey } from '../../src/node/network-key.ts'
import { type Daemon, eventOf, startDaemon } from './daemons.ts'
import type { StrangerOrders } from './stranger-process.ts'

export interface Victims {
  /** Two that train with one another. */
  readonly swarm: readonly Daemon[]
  /** Two of the same job that wait for the others, and never meet them. */
  readonly idle: readonly Daemon[]
  readonly orders: Omit<StrangerOrders, 'nice'>
}

const DAY_MS = 86_400_000

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

  const start = async (name: string, slice: number, flags: readonly string[] = []): Promise<Daemon> => {
    const dataDir = join(folder, name)
    const [nowMs, peer] = [Date.now(), await nameOfNode(dataDir)]
    const token = await invite({ ownerKey, job, jobPath, peer, right: 'train', nowMs, untilMs: nowMs + DAY_MS })
    const own = ['--data-dir', dataDir, '--invite', token, '--network-key', networkKey, '--slice', `${slice}`]

    return await startDaemon([jobPath, ...own, ...flags], children)
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

/** Lines of output that the strangers caused. */
export function refusalLines({ events }: Daemon): number {
  return events.filter(({ event }) => event === 'peer:rejected' || event === 'strangers:refused').length
}
