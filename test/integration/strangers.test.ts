import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { stringify } from 'yaml'
import { StrangerCrowd } from '../../scripts/bench/stranger-crowd.ts'
import { keyFromBytes } from '../../src/gossip/key.ts'
import { nameOfNode } from '../../src/node/identity.ts'
import { createOwner, invite } from '../../src/node/invitations.ts'
import { canonicalJob, type JobInput, jobId, resolveJob } from '../../src/node/job.ts'
import { createNetworkKey, readNetworkKey } from '../../src/node/network-key.ts'
import { NodeProcess } from '../util/node-process.ts'

const ATTEMPTS = 500
const PER_SECOND = 100
const TIMEOUT_MS = 300_000
const poll = { timeout: 120_000, interval: 50 }

test('500 strangers, each in its own way, get nothing but a refusal; two nodes train on, and say little of it', {
  timeout: TIMEOUT_MS,
  retry: 1 // three processes on whatever else the machine does
}, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'starling-strangers-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const [ownerKey, wall, jobPath] = [join(folder, 'owner'), join(folder, 'wall'), join(folder, 'job.yaml')]
  const owner = await createOwner(ownerKey)
  await createNetworkKey(wall)
  const input: JobInput = {
    model: { name: 'linear' },
    ...{ data: { nodes: 2 }, budget: { rounds: 1_000_000 }, evaluation: { points: 0 } },
    membership: { owner }
  }
  await writeFile(jobPath, stringify(input))
  const job = resolveJob(input, 'the test')

  const start = async (index: number, flags: readonly string[]): Promise<NodeProcess> => {
    const dataDir = join(folder, `${index}`)
    const nowMs = Date.now()
    const options = { ownerKey, job, jobPath, right: 'train' as const, nowMs, untilMs: nowMs + 3_600_000 }
    const token = await invite({ ...options, peer: await nameOfNode(dataDir) })
    const all = [
      '--data-dir',
      dataDir,
      '--invite',
      token,
      '--network-key',
      wall,
      '--await-peers',
      '1',
      '--device',
      'cpu'
    ]

    return new NodeProcess([jobPath, ...all, '--slice', `${index}`, ...flags])
  }
  const first = await start(0, [])
  await expect.poll(() => first.last('node:ready'), { ...poll, message: first.stderr }).toBeDefined()
  const second = await start(
    1,
    first.last('node:ready')!.addresses.flatMap((address) => ['--join', address])
  )
  const nodes = [first, second]
  const rounds = (): number[] => nodes.map((node) => node.last('round:ended')?.round ?? 0)
  await expect.poll(() => Math.min(...rounds()), { ...poll, message: second.stderr }).toBeGreaterThan(2)

  const crowd = new StrangerCrowd({
    jobId: jobId(job),
    jobJson: canonicalJob(job),
    owner: keyFromBytes(await readFile(ownerKey)),
    networkKey: await readNetworkKey(wall),
    identities: 4
  })
  onTestFinished(() => crowd.stop())
  await crowd.start()
  const before = rounds()
  const targets = nodes.map((node) => node.last('node:ready')!.addresses[0]!)
  const outcomes = await crowd.attack(targets, { count: ATTEMPTS, perSecond: PER_SECOND })
  const after = rounds()

  const { served, refused, 'turned-away': away } = outcomes
  expect(served).toBe(0)
  expect(refused).toBeGreaterThan(0)
  expect(served + refused + away).toBe(ATTEMPTS)
  for (const [i, round] of after.entries()) expect(round).toBeGreaterThan(before[i]!)
  for (const node of nodes) {
    // nobody joined or left, and nobody of the swarm was taken for a stranger
    expect(
      node.all('peer:connected').filter(({ peer }) => nodes.every((each) => each.last('node:ready')!.peer !== peer))
    ).toEqual([])
    expect(node.all('peer:disconnected')).toEqual([])
    const told = node.all('peer:rejected')
    expect(told.length).toBeGreaterThan(0)
    expect(told.length).toBeLessThan(40)
  }
  const codes = new Set(nodes.flatMap((node) => node.all('peer:rejected').map(({ code }) => code)))
  expect([...codes].sort()).toEqual(
    expect.arrayContaining(['ERR_INVITE_BORROWED', 'ERR_INVITE_FORGED', 'ERR_INVITE_MISSING'])
  )
})
