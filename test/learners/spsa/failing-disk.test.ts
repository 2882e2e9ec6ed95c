import { expect, test } from 'vitest'
import { CodedError } from '../../../src/interface/errors.ts'
import { PROJECTIONS_TOPIC } from '../../../src/learners/spsa/exchange.ts'
import { SimulatedDisk } from '../../../src/node/simulation/disk.ts'
import type { JournalRecord } from '../../../src/wire/log-batch.ts'
import { HostileSwarm, lastReplica, serve } from './hostile-swarm.ts'

const poll = { timeout: 20_000, interval: 10 }
/** More than may wait for the disk. */
const ROUNDS = 1100
const MOST = 1024

class FullDisk extends SimulatedDisk {
  isFull = true
  tries = 0

  override async append(records: readonly JournalRecord[]): Promise<void> {
    this.tries++
    if (this.isFull) throw new CodedError('ERR_JOURNAL_UNUSABLE', 'no space is left')
    await super.append(records)
  }
}

test('what the disk does not take is not published; training goes on for a while, and ends when it does', {
  timeout: 60_000
}, async () => {
  const swarm = new HostileSwarm('memory', {}, ROUNDS)
  const listener = await swarm.hostile()
  serve(listener, {})
  let messages = 0
  listener.network.subscribe(PROJECTIONS_TOPIC, () => {
    messages++
  })
  const disk = new FullDisk()
  const { done, events } = await swarm.honest(disk)

  await expect.poll(() => disk.tries, { timeout: 30_000, interval: 10 }).toBeGreaterThan(2)
  expect(messages).toBe(0)
  expect(lastReplica({ events })?.projections ?? 0).toBe(0)
  const failed = events.filter(({ event }) => event === 'journal:failed')
  expect(failed).toEqual([expect.objectContaining({ code: 'ERR_JOURNAL_UNUSABLE', unpublished: 32, most: MOST })])

  disk.isFull = false
  await expect.poll(() => messages, poll).toBeGreaterThan(0)
  await listener.leave()
  await done
  expect(lastReplica({ events })?.projections).toBe(ROUNDS)
  const kept = disk
    .takeRecords()
    .reduce((sum, record) => sum + ('batch' in record ? record.batch.bytes.byteLength : 0), 0)
  expect(kept).toBe(ROUNDS)
})
