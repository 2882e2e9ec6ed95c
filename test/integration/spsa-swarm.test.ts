import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { stringify } from 'yaml'
import type { JobInput } from '../../src/node/job.ts'
import { NodeProcess } from '../util/node-process.ts'

const NODES = 8
/** The last of them, once the others are in the middle of it. */
const LATECOMER = NODES
/** Long enough that a process can start meanwhile, on a machine that does other things too. */
const STEPS = 2500
const JOB: JobInput = {
  seed: 11,
  model: { name: 'linear' },
  data: { nodes: NODES + 1 },
  learner: { name: 'spsa', snapshotFrom: 200 },
  budget: { rounds: STEPS },
  evaluation: { points: 20 }
}
const TIMEOUT_MS = 600_000
const poll = { timeout: 240_000, interval: 50 }

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'starling-spsa-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))

  return folder
}

test('replicas are the same to the last bit when two of eight were killed and came back, and one came late', {
  timeout: TIMEOUT_MS,
  retry: 1 // ten processes on whatever else the machine does
}, async () => {
  const folder = await newFolder()
  const job = join(folder, 'job.yaml')
  await writeFile(job, stringify(JOB))
  const addresses: string[] = []
  const start = (index: number, awaitPeers: number): NodeProcess => {
    const dataDir = join(folder, `${index}`)
    const options = {
      slice: index,
      'await-peers': awaitPeers,
      'await-seconds': 240,
      device: 'cpu',
      'data-dir': dataDir
    }
    const flags = Object.entries(options).flatMap(([name, value]) => [`--${name}`, `${value}`])

    return new NodeProcess([job, ...flags, ...addresses.flatMap((address) => ['--join', address])])
  }
  const stepOf = (node: NodeProcess): number => node.last('round:ended')?.round ?? 0

  const first = start(0, NODES - 1)
  await expect.poll(() => first.last('node:ready'), { ...poll, message: first.stderr }).toBeDefined()
  addresses.push(...first.last('node:ready')!.addresses)
  const nodes = [first, ...Array.from({ length: NODES - 1 }, (_, i) => start(i + 1, NODES - 1))]
  await expect.poll(() => Math.min(...nodes.map(stepOf)), poll).toBeGreaterThanOrEqual(64)

  const victims = [3, 6]
  const before = victims.map((victim) => stepOf(nodes[victim]!))
  for (const victim of victims) await nodes[victim]!.kill()
  for (const victim of victims) nodes[victim] = start(victim, 1)
  nodes.push(start(LATECOMER, 4))

  const exits = await Promise.all(nodes.map(({ exit }) => exit))
  expect(exits, nodes.map(({ stderr }) => stderr).join('\n')).toEqual(nodes.map(() => ({ code: 0, signal: null })))

  const ends = nodes.map((node) => node.last('replica:measured')!)
  expect(ends.every(({ final }) => final)).toBe(true)
  // all that was written counts everywhere, and nobody wrote a place twice
  expect(ends.map(({ projections }) => projections)).toEqual(nodes.map(() => (NODES + 1) * STEPS))
  expect(new Set(ends.map(({ setHash }) => setHash)).size).toBe(1)
  expect(new Set(ends.map(({ modelHash }) => modelHash)).size).toBe(1)
  expect(nodes.flatMap((node) => node.all('author:voided'))).toEqual([])
  expect(nodes.flatMap((node) => [...node.all('peer:rejected'), ...node.all('model:rejected')])).toEqual([])
  // the second life goes on where the first was killed, under the same name
  for (const [i, victim] of victims.entries())
    expect(nodes[victim]!.all('round:ended')[0]!.round).toBeGreaterThan(before[i]!)
  expect(nodes[LATECOMER]!.all('snapshot:adopted')).toHaveLength(1)
})
