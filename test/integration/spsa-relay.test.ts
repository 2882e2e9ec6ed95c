import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { stringify } from 'yaml'
import type { JobInput } from '../../src/node/job.ts'
import { NodeProcess } from '../util/node-process.ts'

const TIMEOUT_MS = 240_000
const poll = { timeout: 60_000, interval: 50 }

interface Swarm {
  relay: NodeProcess
  behind: readonly NodeProcess[]
}

/** A relay, and two nodes that listen nowhere but there: they can meet through it only. */
async function startSwarm(job: JobInput): Promise<Swarm> {
  const folder = await mkdtemp(join(tmpdir(), 'starling-relay-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const path = join(folder, 'job.yaml')
  await writeFile(path, stringify(job))
  const flags = (i: number): string[] => [
    '--slice',
    `${i}`,
    '--data-dir',
    join(folder, `${i}`),
    '--device',
    'cpu',
    '--await-seconds',
    '60'
  ]

  const relay = new NodeProcess([path, ...flags(0), '--relay', '--await-peers', '2'])
  await expect.poll(() => relay.last('node:listening'), poll).toBeDefined()
  const address = relay.last('node:listening')!.addresses[0]!
  const behind = [1, 2].map(
    (i) => new NodeProcess([path, ...flags(i), '--join', address], { listen: ['/p2p-circuit'] })
  )

  return { relay, behind }
}

async function allEnd({ relay, behind }: Swarm): Promise<readonly NodeProcess[]> {
  const all = [relay, ...behind]
  const exits = await Promise.all(all.map(({ exit }) => exit))
  expect(exits, all.map(({ stderr }) => stderr).join('\n')).toEqual(all.map(() => ({ code: 0, signal: null })))

  return all
}

test('SPSA runs over a relay: the same bits everywhere', { timeout: TIMEOUT_MS }, async () => {
  const swarm = await startSwarm({
    model: { name: 'linear' },
    data: { nodes: 3 },
    learner: { name: 'spsa' },
    budget: { rounds: 400 },
    evaluation: { points: 2 }
  })
  const all = await allEnd(swarm)

  const ids = all.map((node) => node.last('node:listening')!.peer)
  for (const [i, node] of swarm.behind.entries()) {
    const paths = Object.fromEntries(node.all('peer:connected').map(({ peer, path }) => [peer, path]))
    expect(paths).toEqual({ [ids[0]!]: 'direct', [ids[2 - i]!]: 'relayed' })
    expect(node.all('reachability:changed').map(({ reachability }) => reachability)).toContain('relay-only')
  }
  const ends = all.map((node) => node.last('replica:measured')!)
  expect(ends.map(({ projections }) => projections)).toEqual([1200, 1200, 1200])
  expect(new Set(ends.map(({ modelHash }) => modelHash)).size).toBe(1)
})

test('a learner of models waits for no peer that it knows through a relay only', { timeout: TIMEOUT_MS }, async () => {
  const swarm = await startSwarm({
    model: { name: 'linear' },
    data: { nodes: 3 },
    learner: { name: 'gossip', topology: 'full' },
    budget: { rounds: 40 },
    evaluation: { points: 2 }
  })
  const all = await allEnd(swarm)

  // each of the two has one peer with models, the relay; no round gave up on the other
  for (const node of swarm.behind) {
    const merged = node.all('round:ended').map((round) => round.merged)
    expect(Math.max(...merged)).toBe(1)
  }
  const late = all.flatMap((node) => node.all('wait:expired')).filter(({ from }) => from.length > 1)
  expect(late).toEqual([])
  expect(all.flatMap((node) => node.all('peer:rejected'))).toEqual([])
})
