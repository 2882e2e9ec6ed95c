import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, type TestContext, test } from 'vitest'
import { stringify } from 'yaml'
import type { JobInput } from '../../src/node/job.ts'
import { forwardPort, newInternet, whyNoRouters } from '../util/internet.ts'
import { type Namespace, whyNoNamespaces } from '../util/namespaces.ts'
import { NodeProcess } from '../util/node-process.ts'

const TIMEOUT_MS = 300_000
const poll = { timeout: 120_000, interval: 50 }
/** Every round waits for everybody. */
const FULL: JobInput['learner'] = { name: 'gossip', topology: 'full', quorum: 1 }
const SPSA: JobInput = {
  model: { name: 'linear' },
  data: { nodes: 3 },
  learner: { name: 'spsa' },
  budget: { rounds: 300 },
  evaluation: { points: 2 }
}

function needsRouters({ skip }: Pick<TestContext, 'skip'>): void {
  const reason = whyNoNamespaces() ?? whyNoRouters()
  skip(reason !== undefined, reason)
}

async function newSwarm(job: JobInput): Promise<(at: Namespace, i: number, ...args: string[]) => NodeProcess> {
  const folder = await mkdtemp(join(tmpdir(), 'starling-routers-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  await writeFile(join(folder, 'job.yaml'), stringify(job))
  const flags = (i: number): string[] => [
    '--slice',
    `${i}`,
    '--data-dir',
    join(folder, `${i}`),
    '--device',
    'cpu',
    '--await-seconds',
    '120'
  ]

  return ({ prefix }, i, ...args) =>
    new NodeProcess([join(folder, 'job.yaml'), ...flags(i), ...args], { prefix, listen: [] })
}

async function addressOf(node: NodeProcess): Promise<string> {
  await expect.poll(() => node.last('node:listening'), poll).toBeDefined()
  return node.last('node:listening')!.addresses[0]!
}

test('two homes meet at a relay: models off, SPSA on, and the same bits at the end', {
  timeout: TIMEOUT_MS
}, async (context) => {
  needsRouters(context)
  const start = await newSwarm(SPSA)
  const { server, homes } = newInternet(2)
  const relay = start(server, 0, '--relay', '--await-peers', '2')
  const address = await addressOf(relay)
  expect(address).toMatch(/^\/ip4\/11\.0\.0\.1\/tcp\//)
  const nodes = homes.map(({ machine }, i) => start(machine, i + 1, '--join', address, '--await-peers', '2'))

  const all = [relay, ...nodes]
  const exits = await Promise.all(all.map(({ exit }) => exit))
  expect(exits, all.map(({ stderr }) => stderr).join('\n')).toEqual(all.map(() => ({ code: 0, signal: null })))
  const [one, other] = nodes.map((node) => node.last('node:listening')!.peer)
  for (const [node, peer] of [
    [nodes[0]!, other],
    [nodes[1]!, one]
  ] as const) {
    expect(node.all('reachability:changed').map(({ reachability }) => reachability)).toContain('relay-only')
    expect(node.all('peer:connected').find(({ peer: id }) => id === peer)).toMatchObject({ path: 'relayed' })
  }
  expect(relay.last('reachability:changed')).toMatchObject({ reachability: 'direct' })
  const ends = all.map((node) => node.last('replica:measured')!)
  expect(ends.map(({ projections }) => projections)).toEqual([900, 900, 900])
  expect(new Set(ends.map(({ modelHash }) => modelHash)).size).toBe(1)
})

test('two homes that met at a relay punch holes, and exchange models without it', {
  timeout: TIMEOUT_MS
}, async (context) => {
  needsRouters(context)
  const start = await newSwarm({ data: { nodes: 3, partition: 'classes:4' }, learner: FULL, budget: { seconds: 200 } })
  const { server, homes } = newInternet(2)
  const relay = start(server, 0, '--relay', '--await-peers', '2')
  const address = await addressOf(relay)
  const nodes = homes.map(({ machine }, i) => start(machine, i + 1, '--join', address, '--await-peers', '2'))

  await expect.poll(() => nodes.map((node) => node.last('peer:rerouted')?.path), poll).toEqual(['direct', 'direct'])
  const [one, other] = nodes.map((node) => node.last('node:listening')!.peer)
  for (const [node, peer] of [
    [nodes[0]!, other],
    [nodes[1]!, one]
  ] as const) {
    expect(node.all('peer:connected').find(({ peer: id }) => id === peer)).toMatchObject({ path: 'relayed' })
    expect(node.all('peer:rerouted')).toEqual([{ event: 'peer:rerouted', peer, path: 'direct' }])
    expect(node.last('reachability:changed')).toMatchObject({ reachability: 'hole-punched' })
  }
  // two peers with models: the relay, and each other
  const mostMerged = (node: NodeProcess): number => Math.max(...node.all('round:ended').map(({ merged }) => merged))
  await expect.poll(() => nodes.map(mostMerged), poll).toEqual([2, 2])
  expect(nodes.flatMap((node) => node.all('peer:disconnected'))).toEqual([])
})

test('a home whose router forwards a port, and that says so, is reached from another', {
  timeout: TIMEOUT_MS
}, async (context) => {
  needsRouters(context)
  const start = await newSwarm({ data: { nodes: 2, partition: 'classes:5' }, budget: { rounds: 15 } })
  const { homes } = newInternet(2)
  const [first, second] = homes
  forwardPort(first!, 4001)
  const announced = `/ip4/${first!.publicHost}/tcp/4001`
  const open = start(
    first!.machine,
    0,
    '--listen',
    '/ip4/0.0.0.0/tcp/4001',
    '--announce',
    announced,
    '--await-peers',
    '1'
  )
  const address = await addressOf(open)
  expect(address).toBe(`${announced}/p2p/${open.last('node:listening')!.peer}`)
  expect(open.last('node:listening')).toMatchObject({ reachability: 'direct', addresses: [address] })
  const behind = start(second!.machine, 1, '--join', address, '--await-peers', '1')

  const exits = await Promise.all([open.exit, behind.exit])
  expect(exits, open.stderr + behind.stderr).toEqual([
    { code: 0, signal: null },
    { code: 0, signal: null }
  ])
  expect(behind.all('peer:connected')).toMatchObject([{ path: 'direct' }])
  // nobody has reached it, and there is no relay
  expect(behind.last('reachability:changed')).toMatchObject({ reachability: 'unknown' })
  for (const node of [open, behind]) expect(node.last('model:evaluated')!.accuracy).toBeGreaterThan(0.55)
})
