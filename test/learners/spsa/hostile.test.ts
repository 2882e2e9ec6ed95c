import { describe, expect, test } from 'vitest'
import { PROJECTIONS_TOPIC } from '../../../src/learners/spsa/exchange.ts'
import { SNAPSHOT_PROTOCOL, VOUCH_PROTOCOL } from '../../../src/learners/spsa/snapshots.ts'
import type { ProjectionJob } from '../../../src/node/job.ts'
import { encodeSnapshot } from '../../../src/spsa/snapshot.ts'
import type { LogBatch } from '../../../src/wire/log-batch.ts'
import { decodeProjections, encodeProjections } from '../../../src/wire/projections-codec.ts'
import { encodeSnapshotAnswer, encodeVouch } from '../../../src/wire/snapshot-codec.ts'
import {
  boast,
  codesOf,
  DIM,
  type Honest,
  type Hostile,
  HostileSwarm,
  lastReplica,
  STEPS,
  serve
} from './hostile-swarm.ts'

const TIMEOUT_MS = 60_000
const poll = { timeout: 20_000, interval: 10 }

/** The hostile one leaves, the others end: with one set and one model, of all that honest nodes wrote. */
async function endTogether(mallory: Hostile, honest: readonly Honest[], extra = 0): Promise<void> {
  await mallory.leave()
  await Promise.all(honest.map(({ done }) => done))
  const ends = honest.map(lastReplica)

  expect(ends.map((end) => end?.projections)).toEqual(honest.map(() => honest.length * STEPS + extra))
  expect(new Set(ends.map((end) => end?.setHash)).size).toBe(1)
  expect(new Set(ends.map((end) => end?.modelHash)).size).toBe(1)
}

describe.each(['memory', 'sockets'] as const)('over %s', (medium) => {
  test('a log that its author never signed is refused, and whoever brings it penalised', {
    timeout: TIMEOUT_MS
  }, async () => {
    const swarm = new HostileSwarm(medium)
    const honest = [await swarm.honest(), await swarm.honest()]
    const mallory = await swarm.hostile()
    const { self: author, signing } = await swarm.stranger()
    const forged = { ...swarm.logOf(author, signing, [1, 2, 3]), signature: new Uint8Array(64).fill(7) }
    serve(mallory, { batches: [forged] })

    const [victim] = honest as [Honest]
    await expect.poll(() => mallory.network.peers(), poll).toContain(victim.network.self)
    await expect
      .poll(async () => {
        // in vain once it is shut out
        await boast(mallory, victim.network.self, [{ author, length: 3 }]).catch(() => undefined)
        return codesOf(victim, mallory.self)
      }, poll)
      .toContain('ERR_LEDGER_SIGNATURE')
    await endTogether(mallory, honest)
  })

  test('who signs two logs is found out, and void from where they part, everywhere', {
    timeout: TIMEOUT_MS
  }, async () => {
    const swarm = new HostileSwarm(medium)
    const honest = [await swarm.honest(), await swarm.honest()]
    const mallory = await swarm.hostile()
    const [left, right] = [
      [1, 2, 3],
      [1, 9, 3, 4]
    ].map((bytes) => swarm.logOf(mallory.self, mallory.signing, bytes))
    serve(mallory, { batches: [right!] })
    const [one, other] = honest as [Honest, Honest]
    const ourLog = [{ author: mallory.self, length: 4 }]

    await expect
      .poll(async () => {
        await mallory.network.publish(PROJECTIONS_TOPIC, encodeProjections(left!))
        return (await boast(mallory, other.network.self, ourLog).catch(() => undefined))?.setHash
      }, poll)
      .toBeDefined()
    // only one of them is shown the other log: it tells everyone
    await expect
      .poll(async () => {
        await mallory.network.publish(PROJECTIONS_TOPIC, encodeProjections(left!))
        await boast(mallory, one.network.self, ourLog)
        return honest.map((node) => codesOf(node, mallory.self).includes('ERR_LEDGER_EQUIVOCATION'))
      }, poll)
      .toEqual([true, true])
    for (const { events } of honest) {
      expect(events).toContainEqual(expect.objectContaining({ event: 'author:voided', peer: mallory.self, place: 1 }))
    }
    // the byte before they part counts
    await endTogether(mallory, honest, 1)
  })
})

describe('over memory', () => {
  async function newSwarm(learner: Partial<ProjectionJob['learner']> = {}) {
    const swarm = new HostileSwarm('memory', learner)
    const honest = [await swarm.honest(), await swarm.honest()] as const
    const mallory = await swarm.hostile()
    const offer: { batches: LogBatch[] } = { batches: [] }
    serve(mallory, offer)

    return { swarm, honest, mallory, offer }
  }

  test("another's log under one's own name is refused", { timeout: TIMEOUT_MS }, async () => {
    const { honest, mallory } = await newSwarm()
    let stolen = 0
    mallory.network.subscribe(PROJECTIONS_TOPIC, (from, bytes) => {
      if (from !== honest[0].network.self) return
      stolen++
      void mallory.network.publish(PROJECTIONS_TOPIC, bytes)
    })

    await expect.poll(() => codesOf(honest[1], mallory.self), poll).toContain('ERR_LEDGER_SIGNATURE')
    expect(stolen).toBeGreaterThan(0)
    expect(codesOf(honest[1], honest[0].network.self)).toEqual([])
    await endTogether(mallory, honest)
  })

  test("another's log with a byte rewritten is refused, and its author is not blamed", {
    timeout: TIMEOUT_MS
  }, async () => {
    const { honest, mallory, offer } = await newSwarm()
    const author = honest[0].network.self
    mallory.network.subscribe(PROJECTIONS_TOPIC, (from, bytes) => {
      if (from !== author) return
      const batch = decodeProjections(from, bytes)
      const rewritten = batch.bytes.map((byte, i) => (i > 0 ? byte : byte === 1 ? 2 : 1))
      offer.batches = [{ ...batch, bytes: rewritten }]
      void boast(mallory, honest[1].network.self, [{ author, length: STEPS }])
    })

    await expect.poll(() => codesOf(honest[1], mallory.self), poll).toContain('ERR_LEDGER_SIGNATURE')
    expect(honest[1].refused).toContainEqual({ from: mallory.self, code: 'ERR_LEDGER_SIGNATURE' })
    expect(codesOf(honest[1], author)).toEqual([])
    await endTogether(mallory, honest)
  })

  test('more projections than the job has for a peer are refused', { timeout: TIMEOUT_MS }, async () => {
    const { swarm, honest, mallory } = await newSwarm()
    const long = swarm.logOf(mallory.self, mallory.signing, new Array<number>(STEPS + 1).fill(1))
    await mallory.network.publish(PROJECTIONS_TOPIC, encodeProjections(long))

    for (const { refused } of honest) {
      await expect.poll(() => refused, poll).toContainEqual({ from: mallory.self, code: 'ERR_LEDGER_LENGTH' })
    }
    await endTogether(mallory, honest)
  })

  test('who floods is no further ahead than the job lets count, and is told of', { timeout: TIMEOUT_MS }, async () => {
    const lead = 20
    const { swarm, honest, mallory } = await newSwarm({ trim: 1, lead })
    const flood = swarm.logOf(mallory.self, mallory.signing, new Array<number>(STEPS).fill(1))
    await expect
      .poll(async () => {
        await mallory.network.publish(PROJECTIONS_TOPIC, encodeProjections(flood))
        return honest.map((node) => codesOf(node, mallory.self))
      }, poll)
      .toEqual([['ERR_LEDGER_LEAD'], ['ERR_LEDGER_LEAD']])

    const { ledger } = honest[0].learner.replica!
    const others = honest.map(({ network }) => ledger.lengthOf(network.self))
    expect(ledger.lengthOf(mallory.self)).toBe(STEPS)
    expect(ledger.countedOf(mallory.self)).toBe(Math.max(...others) + lead)
    expect(ledger.countedOf(mallory.self)).toBeLessThan(STEPS)
    // all of it counts when the others are as far
    await endTogether(mallory, honest, STEPS)
  })

  test('a snapshot whose state is not that of its set is refused', { timeout: TIMEOUT_MS }, async () => {
    const swarm = new HostileSwarm('memory', { snapshotFrom: 1, vouchers: 1 })
    const honest = await swarm.honest()
    const mallory = await swarm.hostile()
    serve(mallory, {})
    mallory.network.handle(VOUCH_PROTOCOL, { request: async () => encodeVouch({ kind: 'behind' }) })
    const ledger = swarm.ledger(mallory.signing)
    await expect
      .poll(async () => {
        const { batches } = await boast(mallory, honest.network.self, ledger.states)
        for (const batch of batches) ledger.accept(batch)
        return ledger.total
      }, poll)
      .toBeGreaterThan(30)
    const wrong = { logs: ledger.states, setHash: ledger.setHash, acc: new Int32Array(DIM).fill(1_000_000) }
    const ref = mallory.network.offer(encodeSnapshot(wrong))
    mallory.network.handle(SNAPSHOT_PROTOCOL, { request: async () => encodeSnapshotAnswer(ref) })

    const newcomer = await swarm.honest()
    await expect.poll(() => codesOf(newcomer, mallory.self), poll).toContain('ERR_SNAPSHOT_REFUSED')
    // one of both lies: the operator is to look at either
    expect(codesOf(newcomer, honest.network.self)).toContain('ERR_VOUCH_CONTRARY')
    expect(newcomer.events.filter(({ event }) => event === 'snapshot:adopted')).toEqual([])
    await endTogether(mallory, [honest, newcomer])
  })

  test.each([
    { what: 'whom operators ban counts no more, for what it wrote before too', isBack: false },
    { what: 'whom operators ban and take back counts as ever', isBack: true }
  ])('$what', { timeout: TIMEOUT_MS }, async ({ isBack }) => {
    const { swarm, honest, mallory } = await newSwarm()
    const log = swarm.logOf(mallory.self, mallory.signing, [1, 2, 3])
    const counted = (): (number | undefined)[] =>
      honest.map(({ learner }) => learner.replica?.ledger.countedOf(mallory.self))
    await expect
      .poll(async () => {
        await mallory.network.publish(PROJECTIONS_TOPIC, encodeProjections(log))
        return counted()
      }, poll)
      .toEqual([3, 3])

    for (const { learner } of honest) learner.ban(mallory.self, 1)
    await expect.poll(counted, poll).toEqual([1, 1])
    for (const { learner } of honest) learner.ban(mallory.self)
    await expect.poll(counted, poll).toEqual([0, 0])
    if (isBack) for (const { learner } of honest) learner.unban(mallory.self)
    await endTogether(mallory, honest, isBack ? 3 : 0)
    expect(honest.map(({ learner }) => learner.replica)).toEqual([undefined, undefined])
  })
})
