import { expect, test } from 'vitest'
import { VectorHeap } from '../../src/math/vector-heap.ts'
import { jobId } from '../../src/node/job.ts'
import { SimulatedSigning } from '../../src/sim/signing.ts'
import { Accumulator } from '../../src/spsa/accumulator.ts'
import { poolOf } from '../../src/spsa/pool-checkpoint.ts'
import type { Replica } from '../../src/spsa/replica.ts'
import { SeedPool } from '../../src/spsa/seed-pool.ts'
import type { LogBatch } from '../../src/wire/log-batch.ts'
import { jobReplica, projectionBytes, projectionJob } from './job-replica.ts'

const DIM = 1037
const PEERS = ['ann', 'bob', 'cleo', 'dan', 'eve', 'fay', 'gus', 'hal']
/** Of each: 10,000 in all, more than a segment. */
const LENGTH = 1250
const vectors = new VectorHeap()
const signing = new SimulatedSigning()

/** Replicas of one job, and the logs of its peers. */
function setUp(learner: Parameters<typeof projectionJob>[2] = {}) {
  const job = projectionJob(PEERS.length, LENGTH + 1, learner)
  const open = (self: string): Replica => jobReplica(job, { self, dim: DIM, vectors, signing })
  const logs = new Map<string, LogBatch[]>()
  for (const [i, peer] of PEERS.entries()) {
    const { ledger } = open(peer)
    logs.set(peer, ledger.sign(peer, projectionBytes(i, LENGTH), signing.of(peer).sign))
  }
  const filled = (self: string, peers: readonly string[]): Replica => {
    const replica = open(self)
    for (const peer of peers) for (const batch of logs.get(peer)!) replica.ledger.accept(batch)
    replica.apply()

    return replica
  }

  return { job, filled }
}

test.each([
  { what: 'fresh directions', learner: {} },
  { what: 'a pool, by what was measured', learner: { pool: { size: 64, choice: 'weighted' as const } } },
  { what: 'trimming by peer', learner: { trim: 2 } }
])('a peer removed after 10,000 projections leaves no trace, and comes back to the same bits: $what', ({ learner }) => {
  const { filled } = setUp(learner)
  const replica = filled('ann', PEERS)
  const [setHash, hash] = [replica.ledger.setHash, replica.hash()]
  expect(replica.ledger.total).toBe(10_000)

  for (const removed of ['eve', 'ann']) {
    const never = filled(
      'bob',
      PEERS.filter((peer) => peer !== removed)
    )
    replica.ledger.ban(removed)
    replica.apply()
    expect(replica.ledger.total).toBe(8_750)
    expect(replica.hash()).toBe(never.hash())
    expect(replica.hash()).not.toBe(hash)
    expect(replica.ledger.setHash).toBe(never.ledger.setHash)
    const weights = [new Float32Array(DIM), new Float32Array(DIM)] as const
    replica.writeInto(weights[0])
    never.writeInto(weights[1])
    expect(weights[0]).toEqual(weights[1])

    replica.ledger.unban(removed)
    replica.apply()
    expect(replica.hash()).toBe(hash)
    expect(replica.ledger.setHash).toBe(setHash)
    never.close()
  }
})

test('removed from a place on, a peer counts up to there', () => {
  const { filled } = setUp()
  const replica = filled('ann', PEERS)
  const hash = replica.hash()
  replica.ledger.ban('gus', 1100)
  replica.apply()
  expect(replica.ledger.countedOf('gus')).toBe(1100)
  const partly = replica.hash()
  replica.ledger.ban('gus', 0)
  replica.apply()
  expect(replica.hash()).toBe(
    filled(
      'bob',
      PEERS.filter((peer) => peer !== 'gus')
    ).hash()
  )
  replica.ledger.ban('gus', 1100)
  replica.apply()
  expect(replica.hash()).toBe(partly)
  replica.ledger.unban('gus')
  replica.apply()
  expect(replica.hash()).toBe(hash)
})

test.each([
  { size: 4096, choice: 'uniform' as const },
  { size: 64, choice: 'weighted' as const }
])('the state of 10,000 projections along $size candidates fits 18 KB ($choice)', ({ size, choice }) => {
  const { job, filled } = setUp({ pool: { size, choice } })
  const replica = filled('ann', PEERS)
  replica.draft(77) // counts here, and is in no set yet
  const checkpoint = poolOf(replica, { jobId: jobId(job), size }).encode()
  expect(checkpoint.byteLength).toBe(4 * size + 56)
  expect(checkpoint.byteLength).toBeLessThan(18_000)

  const pool = new SeedPool({ jobId: jobId(job), size })
  pool.load(checkpoint)
  const rebuilt = new Accumulator(vectors, { base: new Float32Array(DIM), scale: 1 })
  pool.rebuild(rebuilt)
  expect(rebuilt.sha256()).toBe(replica.hash())
  rebuilt.close()
})

test('fresh directions are none of a pool', () => {
  const { job, filled } = setUp()

  expect(() => poolOf(filled('ann', ['bob']), { jobId: jobId(job), size: 8 })).toThrow(RangeError)
})
