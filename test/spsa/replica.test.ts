import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createRng } from '../../src/math/philox.ts'
import { VectorHeap } from '../../src/math/vector-heap.ts'
import { SimulatedSigning } from '../../src/sim/signing.ts'
import type { Lead } from '../../src/spsa/ledger/lead.ts'
import { Pending } from '../../src/spsa/pending.ts'
import { Replica } from '../../src/spsa/replica.ts'
import { accHash } from '../../src/spsa/snapshot.ts'
import type { LogBatch } from '../../src/wire/log-batch.ts'
import { jobReplica, projectionJob } from './job-replica.ts'

const DIM = 1037
const AUTHORS = ['ann', 'bob', 'cleo', 'dan', 'eve']
const signing = new SimulatedSigning()
const vectors = new VectorHeap()
const start = Float32Array.from({ length: DIM }, (_, i) => Math.sin(i))

interface Options {
  trim?: number
  factor?: number
  lead?: Lead
}

/** Of these logs the longest counts in part. */
const LEAD = { liars: 1, places: 10 }
const WAYS: readonly Options[] = [{}, { trim: 1 }, { trim: 2 }, { lead: LEAD }, { trim: 1, lead: LEAD }]

/** Directions and coefficients of no particular meaning, different for each author and place. */
function newReplica(self: string, { trim = 0, factor = 1, lead }: Options = {}): Replica {
  return new Replica({
    jobId: 'c'.repeat(64),
    self,
    verify: signing.of(self).verify,
    vectors,
    start,
    scale: 2 ** -20,
    isProjection: (byte) => byte !== 0x80,
    maxLength: 100_000,
    maxAuthors: 16,
    trim,
    ...(lead === undefined ? {} : { lead }),
    keyOf: (author, place) => ({ key0: AUTHORS.indexOf(author) + 1, key1: place }),
    forget: () => undefined,
    coefficientOf: (byte, place) => factor * (byte & 0x80 ? -1 : 1) * (byte & 0x7f) * ((place % 5) + 1)
  })
}

const randomBytes = (seed: number, count: number): Uint8Array => {
  const rng = createRng(seed, 'bytes')

  return Uint8Array.from({ length: count }, () => {
    const byte = rng.below(256)
    return byte === 0x80 ? 0 : byte
  })
}

function logOf(author: string, seed: number, count: number): LogBatch[] {
  const { ledger } = newReplica(author)
  const batches: LogBatch[] = []
  const bytes = randomBytes(seed, count)
  for (let at = 0; at < count; at += 17) {
    const drafted = ledger.sign(author, bytes.slice(at, at + 17), signing.of(author).sign)
    for (const batch of drafted) ledger.accept(batch)
    batches.push(...drafted)
  }

  return batches
}

const logs = new Map(AUTHORS.map((author, i) => [author, logOf(author, i, 200 + 40 * i)]))

function filled(self: string, authors: readonly string[], options = {}): Replica {
  const replica = newReplica(self, options)
  for (const author of authors) for (const batch of logs.get(author)!) replica.ledger.accept(batch)
  replica.apply()

  return replica
}

describe('a replica', () => {
  test.each(WAYS)('the same set is the same state, in any order and any portions (%o)', (way) => {
    const expected = filled('ann', AUTHORS, way)
    fc.assert(
      fc.property(fc.shuffledSubarray(AUTHORS, { minLength: 5 }), fc.nat(1000), (order, seed) => {
        const rng = createRng(seed, 'portions')
        const replica = newReplica('bob', way)
        const queues = order.map((author) => [...logs.get(author)!])
        while (queues.some((queue) => queue.length > 0)) {
          const queue = queues[rng.below(queues.length)]!
          const batch = queue.shift()
          if (batch !== undefined) replica.ledger.accept(batch)
          if (rng.below(3) === 0) replica.apply(rng.below(2) === 0 ? undefined : rng.below(40))
        }
        replica.apply()
        expect(replica.hash()).toBe(expected.hash())
        expect(replica.ledger.setHash).toBe(expected.ledger.setHash)
        replica.close()
      }),
      { numRuns: 15 }
    )
  })

  test('trimming makes a difference, and a shouter none beyond the loudest of the rest', () => {
    expect(filled('ann', AUTHORS, { trim: 1 }).hash()).not.toBe(filled('ann', AUTHORS).hash())
  })

  test.each(WAYS)(
    'a ban leaves the bits of one who never saw the peer, and lifting it brings them back (%o)',
    (way) => {
      const replica = filled('ann', AUTHORS, way)
      const before = replica.hash()
      replica.ledger.ban('dan')
      replica.apply()
      expect(replica.hash()).toBe(filled('ann', ['ann', 'bob', 'cleo', 'eve'], way).hash())
      replica.ledger.unban('dan')
      // what undoes each other costs nothing
      expect(replica.waiting).toBeGreaterThan(0)
      replica.ledger.ban('dan')
      expect(replica.waiting).toBe(0)
      replica.ledger.unban('dan')
      replica.apply()
      expect(replica.hash()).toBe(before)
    }
  )

  test('a lead makes a difference: who is far ahead counts in part', () => {
    const { ledger } = filled('ann', AUTHORS, { lead: LEAD })
    expect(AUTHORS.map((author) => ledger.countedOf(author))).toEqual([200, 240, 280, 320, 330])
    expect(ledger.lengthOf('eve')).toBe(360)
  })

  test('drafts stay when more of the own log comes to count because others wrote more', () => {
    const replica = filled('ann', ['ann'], { lead: LEAD })
    expect(replica.ledger.countedOf('ann')).toBe(10)
    replica.draft(77)
    replica.apply()
    for (const batch of logs.get('bob')!) replica.ledger.accept(batch)
    expect(replica.ledger.countedOf('ann')).toBe(200)
    expect([...replica.drafts]).toEqual([77])
    replica.dropDrafts()
    replica.apply()
    expect(replica.hash()).toBe(filled('bob', ['bob', 'ann'], { lead: LEAD }).hash())
  })

  test('drafts whose places the own log comes to take go, also where nothing of it counts yet', () => {
    const [begin, more] = [logs.get('ann')!.slice(0, 3), logs.get('ann')!.slice(3)]
    const replica = newReplica('ann', { lead: LEAD })
    for (const batch of begin) replica.ledger.accept(batch)
    replica.draft(77)
    replica.apply()
    for (const batch of more) replica.ledger.accept(batch)
    expect(replica.ledger.countedOf('ann')).toBe(10)

    expect([...replica.drafts]).toEqual([])
    expect(replica.nextPlace).toBe(200)
    expect(replica.hash()).toBe(filled('bob', ['ann'], { lead: LEAD }).hash())
  })

  test('takes a few of each author in turn, and says how many wait', () => {
    const replica = newReplica('ann')
    for (const author of ['eve', 'bob']) for (const batch of logs.get(author)!) replica.ledger.accept(batch)
    const acc = newReplica('cleo')
    for (const author of ['eve', 'bob']) acc.ledger.accept(logs.get(author)![0]!)
    acc.apply()

    const zeros = 600 - replica.waiting
    expect(replica.apply(34)).toBe(34)
    const weights = [new Float32Array(DIM), new Float32Array(DIM)] as const
    replica.writeInto(weights[0])
    acc.writeInto(weights[1])
    // 17 of each: the first batch of both
    expect(weights[0]).toEqual(weights[1])
    expect(replica.waiting).toBe(600 - zeros - 34)
  })

  test('its weights are what the projections add up to', () => {
    const replica = filled('ann', ['ann'])
    const acc = new Int32Array(DIM)
    const bytes = replica.ledger.bytesOf('ann', 0, 1000)
    const one = new Int32Array(DIM)
    for (const [place, byte] of bytes.entries()) {
      one.fill(0)
      vectors.addSigns(one, { keys: Uint32Array.of(1, place), coefficients: Int32Array.of(1) })
      const coefficient = (byte & 0x80 ? -1 : 1) * (byte & 0x7f) * ((place % 5) + 1)
      for (let i = 0; i < DIM; i++) acc[i]! += coefficient * one[i]!
    }
    expect(replica.hash()).toBe(accHash(acc))
    const weights = new Float32Array(DIM)
    replica.writeInto(weights)
    expect(weights).toEqual(start.map((value, i) => value + Math.fround(acc[i]! * 2 ** -20)))
  })

  test('drafts count at once, and make no difference to what others should see', () => {
    const replica = filled('ann', ['bob'])
    const settled = replica.hash()
    for (const byte of [5, 200, 17]) replica.draft(byte)
    expect([0, 1, 2].map((place) => replica.bytesOf('ann', place, place + 1)[0])).toEqual([5, 200, 17])
    expect([...replica.bytesOf('ann', 1, 9)]).toEqual([200, 17])
    replica.apply()
    const weights = new Float32Array(DIM)
    replica.writeInto(weights)
    expect(replica.hash()).toBe(settled)
    expect(accHash(replica.snapshot().acc)).toBe(settled)

    const batches = replica.ledger.sign('ann', replica.drafts, signing.of('ann').sign)
    replica.dropDrafts()
    for (const batch of batches) replica.ledger.accept(batch)
    expect(replica.waiting).toBe(0)
    const after = new Float32Array(DIM)
    replica.writeInto(after)
    expect(after).toEqual(weights)
    expect(replica.hash()).not.toBe(settled)
  })

  test.each(['uniform', 'weighted'] as const)(
    'drafts of a log that goes on elsewhere leave no trace, before and after they are applied (%s)',
    (choice) => {
      const job = projectionJob(2, 100, { pool: { size: 8, choice } })
      const open = (self: string): Replica => jobReplica(job, { self, dim: DIM, vectors, signing })
      const log = open('ann').ledger.sign('ann', randomBytes(9, 40), signing.of('ann').sign)
      const other = open('bob')
      for (const batch of log) other.ledger.accept(batch)
      other.apply()

      for (const isApplied of [true, false]) {
        const replica = open('ann')
        for (const [i, byte] of [70, 200, 17, 99].entries()) {
          replica.keyOf('ann', i)
          replica.draft(byte)
          if (isApplied) replica.apply()
        }
        for (const batch of log) replica.ledger.accept(batch)
        expect(replica.drafts.length).toBe(0)
        expect(replica.nextPlace).toBe(40)
        replica.apply()
        expect(replica.hash()).toBe(other.hash())
        const weights = [new Float32Array(DIM), new Float32Array(DIM)] as const
        replica.writeInto(weights[0])
        other.writeInto(weights[1])
        expect(weights[0]).toEqual(weights[1])
      }
    }
  )

  test.each([0, 1])('knows the state of an older set, and of one that it has not, nothing (trim %i)', (trim) => {
    const older = filled('ann', ['ann', 'bob', 'cleo'], { trim })
    const newer = filled('bob', AUTHORS, { trim })

    expect(newer.hashAt(older.ledger.counted)).toBe(older.hash())
    expect(older.hashAt(newer.ledger.counted)).toBeUndefined()
  })

  test.each([0, 1])('goes on from a snapshot as if it had gone through all (trim %i)', (trim) => {
    const source = filled('ann', ['ann', 'bob', 'cleo'], { trim })
    const newcomer = newReplica('eve', { trim })
    for (const author of AUTHORS) for (const batch of logs.get(author)!) newcomer.ledger.accept(batch)
    newcomer.adopt(source.snapshot())
    newcomer.apply()
    const expected = filled('ann', AUTHORS, { trim })
    expect(newcomer.hash()).toBe(expected.hash())

    newcomer.ledger.ban('bob')
    newcomer.apply()
    expected.ledger.ban('bob')
    expected.apply()
    expect(newcomer.hash()).toBe(expected.hash())
  })

  test.each(WAYS)('restored over a state, it waits for what that has not, and bounds what it holds (%o)', (way) => {
    const older = filled('ann', ['ann', 'bob', 'cleo'], way)
    const expected = filled('ann', AUTHORS, way)
    const restored = newReplica('ann', way)
    const snapshot = older.snapshot()
    restored.restore((ledger) => {
      for (const author of AUTHORS) for (const batch of logs.get(author)!) ledger.accept(batch)
      expect(restored.waiting).toBe(0)
      return snapshot
    })
    const waited = restored.waiting
    restored.apply()
    expect(restored.hash()).toBe(expected.hash())
    // of dan and eve, and what these change in others' where the job trims or bounds who leads
    expect(waited).toBeGreaterThan(500)
    expect(waited).toBeLessThan(1400)
    const again = newReplica('ann', way)
    again.restore((ledger) => {
      for (const author of AUTHORS) for (const batch of logs.get(author)!) ledger.accept(batch)
      return undefined
    })
    again.apply()
    expect(again.hash()).toBe(expected.hash())
  })

  test.each([0, 1, 2])('what a state holds is bounded as if all had come one by one (trim %i)', (trim) => {
    const { ledger } = filled('ann', AUTHORS, { trim })
    const coefficientOf = (byte: number, place: number): number => (byte & 0x80 ? -1 : 1) * (byte & 0x7f) * (place + 1)
    const bytesOf = (author: string, from: number, to: number): Uint8Array => ledger.bytesOf(author, from, to)
    const [once, oneByOne] = [
      new Pending({ bytesOf, coefficientOf, trim }),
      new Pending({ bytesOf, coefficientOf, trim })
    ]
    once.reset(ledger.counted)
    for (const { author, length } of ledger.counted) oneByOne.add({ author, from: 0, to: length, direction: 1 })
    expect(once.sum).toBe(oneByOne.sum)
    expect(once.size).toBe(0)
  })

  test('what waits is part of what a vouch or a snapshot costs', () => {
    const replica = newReplica('ann')
    for (const batch of logs.get('bob')!) replica.ledger.accept(batch)
    replica.draft(77)
    const { waiting } = replica
    const { counted } = replica.ledger
    expect(replica.settlingCost).toBe((waiting + 1) * DIM)
    const before = replica.costAt(counted)
    replica.apply()
    expect(replica.settlingCost).toBe(DIM)
    expect(before - replica.costAt(counted)).toBe(waiting * DIM)
  })

  test('says so before it could overflow, and writes nothing', () => {
    const replica = newReplica('ann', { factor: 2 ** 20 })
    for (const batch of logs.get('ann')!) replica.ledger.accept(batch)

    expect(() => replica.apply()).toThrow(expect.objectContaining({ code: 'ERR_ACCUMULATOR_RANGE' }))
    replica.ledger.ban('ann')
    replica.apply()
    expect(replica.hash()).toBe(newReplica('ann').hash())
  })
})
