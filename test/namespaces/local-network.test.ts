import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { stringify } from 'yaml'
import type { JobInput } from '../../src/node/job.ts'
import { connect, Namespace, whyNoNamespaces } from '../util/namespaces.ts'
import { NodeProcess } from '../util/node-process.ts'

const JOB: JobInput = { data: { nodes: 2, partition: 'classes:5' }, budget: { rounds: 25 } }
const TIMEOUT_MS = 180_000
const poll = { timeout: 60_000, interval: 50 }

/** Two machines on one cable. */
function twoMachines(): [Namespace, Namespace] {
  const [a, b] = [new Namespace('a'), new Namespace('b')]
  connect('lan0', { at: a, address: '10.77.0.1/24' }, { at: b, address: '10.77.0.2/24' })
  for (const at of [a, b]) at.ip('route', 'add', '224.0.0.0/4', 'dev', 'lan0')

  return [a, b]
}

async function newJob(job: JobInput): Promise<{ job: string; folder: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'starling-lan-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  await writeFile(join(folder, 'job.yaml'), stringify(job))

  return { job: join(folder, 'job.yaml'), folder }
}

test('two machines on one network find each other without a word, and learn one model', {
  timeout: TIMEOUT_MS
}, async ({ skip }) => {
  const reason = whyNoNamespaces()
  skip(reason !== undefined, reason)
  const { job, folder } = await newJob(JOB)
  const nodes = twoMachines().map(({ prefix }, i) => {
    const flags = { slice: i, 'await-peers': 1, 'await-seconds': 120, 'data-dir': join(folder, `${i}`), device: 'cpu' }
    const args = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, `${value}`])
    return new NodeProcess([job, ...args], { prefix, listen: [] })
  })

  const exits = await Promise.all(nodes.map(({ exit }) => exit))
  expect(exits, nodes.map(({ stderr }) => stderr).join('\n')).toEqual(nodes.map(() => ({ code: 0, signal: null })))
  for (const [i, node] of nodes.entries()) {
    // that of the network only, and not the one that leads everybody to himself
    const { addresses, peer, reachability } = node.last('node:listening')!
    expect(addresses).toEqual([expect.stringMatching(new RegExp(`^/ip4/10\\.77\\.0\\.${i + 1}/tcp/\\d+/p2p/${peer}$`))])
    expect(reachability).toBe('lan')
    // five classes of ten alone are at most one half
    expect(node.last('model:evaluated')!.accuracy).toBeGreaterThan(0.55)
  }
  const [one, other] = nodes.map((node) => node.last('model:evaluated')!.loss)
  expect(Math.abs(one! - other!)).toBeLessThan(0.01)
})

test('nodes of another job on the same network are not even asked', { timeout: TIMEOUT_MS }, async ({ skip }) => {
  const reason = whyNoNamespaces()
  skip(reason !== undefined, reason)
  const [a, b] = twoMachines()
  const [ours, theirs] = [await newJob({ ...JOB, seed: 1 }), await newJob({ ...JOB, seed: 2 })]
  const start = ({ job, folder }: typeof ours, at: Namespace, name: string): NodeProcess =>
    new NodeProcess([job, '--data-dir', join(folder, name), '--await-peers', '9'], { prefix: at.prefix, listen: [] })
  const stranger = start(theirs, a, 'stranger')
  const nodes = [start(ours, a, 'first'), start(ours, b, 'second')]

  await expect.poll(() => nodes.map((node) => node.all('peer:connected').length), poll).toEqual([1, 1])
  expect(stranger.all('peer:connected')).toEqual([])
  expect([stranger, ...nodes].flatMap((node) => node.all('job:mismatched'))).toEqual([])
})
