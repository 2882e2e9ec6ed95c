import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { jobId } from '../../src/node/job.ts'
import { readJob } from '../../src/node/job-file.ts'
import { filterStatePath } from '../../src/store/filter-state.ts'
import { NodeProcess } from '../util/node-process.ts'

const poll = { timeout: 60_000, interval: 100 }
const JOB = `seed: 7
model: { name: linear }
data: { nodes: 5, partition: iid }
learner: { name: gossip, topology: full, filter: mud-hog }
budget: { seconds: 600 }
`

/** A swarm of four honest nodes and one attacker. */
async function startSwarm() {
  const path = mkdtempSync(join(tmpdir(), 'starling-filter-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  const job = join(path, 'job.yaml')
  writeFileSync(job, JOB)
  const start = (i: number, ...more: string[]): NodeProcess =>
    new NodeProcess([job, '--slice', `${i}`, '--data-dir', join(path, `${i}`), '--await-peers', '1', ...more])
  const addressOf = async (node: NodeProcess): Promise<string> => {
    await expect.poll(() => node.last('node:ready'), poll).toBeDefined()
    return node.last('node:ready')!.addresses[0]!
  }
  const first = start(0)
  const address = await addressOf(first)
  const others = [1, 2, 3].map((i) => start(i, '--join', address))
  const attacker = start(4, '--join', address, '--attack', 'sign-flipping')
  await expect.poll(() => attacker.last('node:ready'), poll).toBeDefined()
  const state = filterStatePath(join(path, '3'), jobId(await readJob(job)))

  return {
    node: others[2]!,
    attacker: attacker.last('node:ready')!.peer,
    state,
    again: () => start(3, '--join', address)
  }
}

test('a node that is killed and starts again still leaves out whom it did', { timeout: 180_000 }, async () => {
  const { node, attacker, state, again } = await startSwarm()
  const isLeftOut = (each: NodeProcess): boolean =>
    each.all('peer:scored').findLast(({ peer }) => peer === attacker)?.excluded === true
  await expect.poll(() => isLeftOut(node), poll).toBe(true)
  const concludedMs = Date.now()
  const writtenMs = (): number => statSync(state, { throwIfNoEntry: false })?.mtimeMs ?? 0
  await expect.poll(writtenMs, poll).toBeGreaterThan(concludedMs)
  await node.kill()

  const second = again()
  await expect.poll(() => isLeftOut(second), poll).toBe(true)
  const { round, reason } = second.all('peer:scored').find(({ peer }) => peer === attacker)!
  // without a memory it takes three updates before anybody is judged, and another round to be sure
  expect(round).toBeLessThanOrEqual(3)
  expect(Number(/ for (\d+) rounds: /.exec(reason)?.[1])).toBeGreaterThan(round)
  expect(second.all('model:rejected')).toEqual([])
})
