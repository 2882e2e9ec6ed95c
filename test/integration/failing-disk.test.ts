import { execFileSync } from 'node:child_process'
import { chmodSync, chownSync, mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { jobId } from '../../src/node/job.ts'
import { readJob } from '../../src/node/job-file.ts'
import { checkpointFolder } from '../../src/store/checkpoint/folder.ts'
import { NodeProcess } from '../util/node-process.ts'

const poll = { timeout: 90_000, interval: 100 }
const NOBODY = 65_534
const AS_NOBODY = ['setpriv', '--reuid', `${NOBODY}`, '--regid', `${NOBODY}`, '--clear-groups']
/** 50,890 params and as much momentum: a checkpoint has 407 kB, so two fit a disk of 1 MiB and a third does not. */
const JOB = `seed: 5
model: { name: mlp, hidden: [64] }
data: { set: glyphs }
optimiser: { name: sgd, momentum: 0.9 }
learner: { name: gossip, localSteps: 4 }
evaluation: { points: 0 }
budget: { rounds: 1000000 }
`

/** A node on a data directory of its own; `mount` may put another disk there. */
async function setUp() {
  const path = mkdtempSync(join(tmpdir(), 'starling-disk-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  const dataDir = mkdtempSync(join(path, 'data-'))
  const job = join(path, 'job.yaml')
  writeFileSync(job, JOB)
  chmodSync(path, 0o755)
  const args = [job, '--data-dir', dataDir, '--no-config', '--mdns', 'off', '--nat', 'off', '--control', 'off']
  const start = (prefix: readonly string[] = []): NodeProcess =>
    new NodeProcess([...args, '--checkpoint-seconds', '0.5'], { prefix })

  return { dataDir, start, checkpoints: checkpointFolder(dataDir, jobId(await readJob(job))) }
}

/** Mounts a disk of 1 MiB; says whether it could. */
function mountSmallDisk(path: string): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', path], { stdio: 'pipe' })
  } catch {
    return false
  }
  onTestFinished(() => {
    execFileSync('umount', ['--lazy', path])
  })

  return true
}

function lastRound(node: NodeProcess): number {
  return node.last('round:ended')?.round ?? -1
}

/** It fails, says why, and trains on; answers when that is seen. */
async function expectFailureSurvived(node: NodeProcess, reason: RegExp): Promise<void> {
  await expect.poll(() => node.last('checkpoint:failed'), poll).toBeDefined()
  const failed = node.last('checkpoint:failed')!
  expect(failed.code).toBe('ERR_CHECKPOINT_UNWRITABLE')
  expect(failed.reason).toMatch(reason)
  expect(failed.remedy).not.toBe('')
  await expect.poll(() => node.all('checkpoint:failed').length, poll).toBeGreaterThan(1)
  await expect.poll(() => lastRound(node), poll).toBeGreaterThan(failed.round + 1)
}

test('a full disk: told of, trained on, and the next checkpoint succeeds when there is room', {
  timeout: 300_000
}, async (context) => {
  const { dataDir, start, checkpoints } = await setUp()
  if (!mountSmallDisk(dataDir)) context.skip('mounting a small disk needs the rights of root')
  const node = start()
  await expectFailureSurvived(node, /ENOSPC/)
  expect(readdirSync(checkpoints).filter((name) => !name.endsWith('.ckpt'))).toEqual([])

  const saved = node.all('checkpoint:saved').length
  execFileSync('mount', ['-o', 'remount,size=8m', dataDir])
  await expect.poll(() => node.all('checkpoint:saved').length, poll).toBeGreaterThan(saved)
  const kept = node.last('checkpoint:saved')!.round
  await node.kill()

  const again = start()
  await expect.poll(() => again.last('node:resumed'), poll).toBeDefined()
  expect(again.last('node:resumed')!.round).toBeGreaterThanOrEqual(kept)
})

test('a folder that may not be written: told of and trained on; given back, it is used', {
  timeout: 300_000
}, async (context) => {
  const isRoot = process.geteuid?.() === 0
  const { dataDir, start, checkpoints } = await setUp()
  if (isRoot && !canBeNobody()) context.skip('permissions say nothing to root, and setpriv (util-linux) is absent')
  if (isRoot) chownSync(dataDir, NOBODY, NOBODY)
  const node = start(isRoot ? AS_NOBODY : [])
  await expect.poll(() => node.last('checkpoint:saved'), poll).toBeDefined()
  chmodSync(checkpoints, 0o500)
  await expectFailureSurvived(node, /EACCES/)

  const saved = node.all('checkpoint:saved').length
  chmodSync(checkpoints, 0o700)
  await expect.poll(() => node.all('checkpoint:saved').length, poll).toBeGreaterThan(saved)
})

test('spoilt checkpoints end no node: the one before is gone on from, and without any it begins afresh', {
  timeout: 300_000
}, async () => {
  const { start, checkpoints } = await setUp()
  const files = (): string[] => readdirSync(checkpoints).filter((name) => name.endsWith('.ckpt'))
  const spoil = (names: readonly string[]): void => {
    for (const name of names) truncateSync(join(checkpoints, name), 1000)
  }
  const first = start()
  await expect.poll(() => first.all('checkpoint:saved').length, poll).toBeGreaterThan(2)
  await first.kill()
  const [newest, before] = files().sort().reverse()
  spoil([newest!])

  const second = start()
  await expect.poll(() => lastRound(second), poll).toBeGreaterThanOrEqual(0)
  expect(second.all('checkpoint:refused').map(({ code }) => code)).toEqual(['ERR_CHECKPOINT_TORN'])
  expect(second.last('node:resumed')!.path).toBe(join(checkpoints, before!))
  await second.kill()
  const all = files()
  spoil(all)

  const third = start()
  await expect.poll(() => lastRound(third), poll).toBeGreaterThanOrEqual(0)
  expect(third.all('checkpoint:refused')).toHaveLength(all.length)
  expect(third.last('node:resumed')).toBeUndefined()
  expect(third.all('round:ended')[0]!.round).toBeLessThanOrEqual(1)
  await third.kill()
})

function canBeNobody(): boolean {
  try {
    execFileSync(AS_NOBODY[0]!, [...AS_NOBODY.slice(1), process.execPath, '--version'], { stdio: 'pipe' })

    return true
  } catch {
    return false
  }
}
