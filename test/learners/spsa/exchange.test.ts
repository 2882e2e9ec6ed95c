import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { PROJECTIONS_TOPIC, SEGMENT_PROTOCOL } from '../../../src/learners/spsa/exchange.ts'
import { SYNC_PROTOCOL } from '../../../src/learners/spsa/fetching.ts'
import { decodeLedgerQuery, encodeLedgerAnswer, encodeLedgerQuery } from '../../../src/wire/ledger-sync-codec.ts'
import type { LogBatch } from '../../../src/wire/log-batch.ts'
import { encodeProjections } from '../../../src/wire/projections-codec.ts'
import { MemoryHub } from '../../util/memory-network.ts'
import { answering, countQuestions, exchanging, newLedger, write } from './exchange-pair.ts'

const poll = { timeout: 10_000, interval: 10 }

test('an author with two logs of equal length is found out, and void everywhere', async () => {
  const hub = new MemoryHub()
  const [one, other] = ['one', 'other'].map((self, i) => {
    const ledger = newLedger()
    write(ledger, 'eve', 1500)
    write(ledger, 'eve', 40, 2 + i)
    return exchanging(hub, self, ledger)
  })

  await expect.poll(() => [one, other].map((node) => node?.ledger.voidFrom('eve')), poll).toEqual([1500, 1500])
  expect(one!.ledger.setHash).toBe(other!.ledger.setHash)
  expect([...one!.network.rejections, ...other!.network.rejections]).toEqual([])
})

test('two nodes whose tables are full of different authors come to rest, with what both have in full', async () => {
  const hub = new MemoryHub()
  const [one, other] = ['one', 'other'].map((self, i) => {
    const ledger = newLedger(4)
    for (const author of ['c', 'd', 'e']) write(ledger, `${author}${i}`, 5)
    write(ledger, 'z', 5 + 10 * i)
    return exchanging(hub, self, ledger, 10_000)
  })
  const asked = [countQuestions(one!), countQuestions(other!)]
  await expect.poll(() => one!.ledger.lengthOf('z'), poll).toBe(15)
  await delay(300)

  expect(asked[0]!.count + asked[1]!.count).toBeLessThan(10)
  expect([...one!.network.rejections, ...other!.network.rejections]).toEqual([])
})

/** A node, and a peer without a will of its own. */
function withPuppet(hostile = newLedger()) {
  const hub = new MemoryHub()
  const node = exchanging(hub, 'one', newLedger(), 10_000)
  const puppet = hub.join('mallory')
  const answers: LogBatch[] = []
  const base = { setHash: '0'.repeat(64), isFinished: false, neighbourhood: 0 }
  const questions = { count: 0 }
  puppet.handle(SYNC_PROTOCOL, {
    request: async () => {
      questions.count++
      return encodeLedgerAnswer({ ...base, batches: answers, proofs: [] })
    }
  })
  const boast = () => puppet.request('one', SYNC_PROTOCOL, encodeLedgerQuery({ ...base, logs: hostile.states }))

  return { node, puppet, answers, questions, boast }
}

test('who says that it has more, and has nothing, is not asked again at once', async () => {
  const hostile = newLedger()
  write(hostile, 'eve', 10)
  const { questions, boast } = withPuppet(hostile)
  for (let i = 0; i < 50; i++) {
    await boast()
    await delay(2)
  }

  expect(questions.count).toBeGreaterThan(0)
  expect(questions.count).toBeLessThan(4)
})

test('forged batches of one answer cost four looks, and one inquiry', async () => {
  const forged = newLedger()
  for (let i = 0; i < 10; i++) write(forged, `author${i}`, 10)
  const { node, puppet, answers, boast } = withPuppet(forged)
  const signature = new Uint8Array(64)
  for (const { author } of forged.states) {
    for (let i = 0; i < 5; i++) answers.push({ ...forged.batchFrom(author, 0)!, signature })
  }
  let looks = 0
  const accept = node.ledger.accept.bind(node.ledger)
  node.ledger.accept = (batch) => {
    looks++
    return accept(batch)
  }
  let asked = 0
  puppet.handle(SEGMENT_PROTOCOL, { request: async () => Uint8Array.of(99, ++asked) })
  await boast()
  await expect.poll(() => node.network.rejections, poll).not.toEqual([])
  await delay(100)

  expect(looks).toBe(4)
  // one that cannot be decoded counts once
  expect(asked).toBe(1)
  expect(node.network.rejections).toEqual([{ from: 'mallory', code: 'ERR_SEGMENT_ANSWER_MALFORMED' }])
})

test("what does not fit its author's log is not passed on", async () => {
  const { node } = withPuppet()
  const ledger = newLedger()
  write(ledger, 'eve', 10)
  const forged = { ...ledger.batchFrom('eve', 0)!, signature: new Uint8Array(64) }
  node.network.hear('eve', PROJECTIONS_TOPIC, encodeProjections(forged))

  expect(node.network.rejections).toEqual([{ from: 'eve', code: 'ERR_LEDGER_SIGNATURE' }])
})

test('a newcomer fetches all of the logs, however many answers they take, and goes on when one comes to nothing', async () => {
  const hub = new MemoryHub()
  const [full, newcomer] = [newLedger(), answering(hub, 'nina', newLedger(), 10_000)]
  // a segment in each answer: more than there are turns
  write(full, 'eve', 92_160)
  const rich = hub.join('rich')
  let questions = 0
  rich.handle(SYNC_PROTOCOL, {
    request: async (_from, bytes) => {
      if (++questions === 80) throw new Error('a moment of weakness')
      const { length = 0 } = decodeLedgerQuery(bytes).logs[0] ?? {}
      const batch = full.batchFrom('eve', length)
      const batches = batch === undefined ? [] : [batch]
      return encodeLedgerAnswer({ setHash: full.setHash, isFinished: false, neighbourhood: 0, batches, proofs: [] })
    }
  })
  await newcomer.exchange.syncAll(new AbortController().signal)

  expect(newcomer.ledger.lengthOf('eve')).toBe(92_160)
})
