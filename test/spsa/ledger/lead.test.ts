import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { SimulatedSigning } from '../../../src/sim/signing.ts'
import type { LedgerChange } from '../../../src/spsa/ledger/counting.ts'
import { boundOf } from '../../../src/spsa/ledger/lead.ts'
import { Ledger } from '../../../src/spsa/ledger/ledger.ts'
import type { Equivocation, LogBatch } from '../../../src/wire/log-batch.ts'

const signing = new SimulatedSigning()
const LEAD = { liars: 1, places: 20 }

/** A ledger, and what it says counts, kept the naive way. */
function newLedger() {
  const counting = new Map<string, number>()
  const onChange = ({ author, from, to, direction }: LedgerChange): void => {
    if ((direction === 1 ? from : to) !== (counting.get(author) ?? 0)) throw new Error(`${author}: a leap`)
    counting.set(author, direction === 1 ? to : from)
  }
  const { verify } = signing.of('ann')
  const limits = { maxLength: 10_000, maxAuthors: 16, lead: LEAD }
  const ledger = new Ledger({ jobId: 'a'.repeat(64), verify, isProjection: () => true, ...limits, onChange })

  return { ledger, counting }
}

/** An author's log in batches; another one from byte `fork` on. */
function logOf(author: string, length: number, size: number, fork = length): LogBatch[] {
  const { ledger } = newLedger()
  const batches: LogBatch[] = []
  for (let at = 0; at < length; at += size) {
    const bytes = Uint8Array.from({ length: Math.min(size, length - at) }, (_, i) => (at + i < fork ? 1 : 2))
    for (const batch of ledger.sign(author, bytes, signing.of(author).sign)) {
      ledger.accept(batch)
      batches.push(batch)
    }
  }

  return batches
}

function proofOf(author: string, place: number): Equivocation {
  const { ledger } = newLedger()
  for (const batch of logOf(author, place + 1, place + 1)) ledger.accept(batch)
  const outcome = ledger.accept(logOf(author, place + 1, place + 1, place)[0]!)
  if (outcome.kind !== 'equivocation') throw new Error(outcome.kind)

  return outcome.proof
}

describe('the bound', () => {
  test('is so far beyond the longest log, without as many as may lie', () => {
    expect(boundOf([70, 30, 900, 50], { liars: 1, places: 5 })).toBe(75)
    expect(boundOf([70, 30, 900, 50], { liars: 2, places: 5 })).toBe(55)
    expect(boundOf([70, 30], { liars: 2, places: 5 })).toBe(5)
  })

  test('is not moved by short logs, however many', () => {
    expect(boundOf([70, 60, ...Array.from({ length: 50 }, () => 1)], LEAD)).toBe(boundOf([70, 60], LEAD))
  })
})

describe('a ledger with a lead', () => {
  test('who floods counts no further than that, and more as others go on', () => {
    const { ledger } = newLedger()
    for (const batch of [...logOf('eve', 3000, 500), ...logOf('ann', 30, 30)]) ledger.accept(batch)
    expect([ledger.lengthOf('eve'), ledger.countedOf('eve'), ledger.countedOf('ann')]).toEqual([3000, 50, 30])
    for (const batch of logOf('ann', 100, 10)) ledger.accept(batch)
    expect([ledger.countedOf('eve'), ledger.countedOf('ann')]).toEqual([120, 100])
    ledger.ban('ann', 40)
    expect([ledger.countedOf('eve'), ledger.countedOf('ann')]).toEqual([60, 40])
  })
})

describe('what counts', () => {
  const SIZE = 8
  const BATCHES = 12
  const AUTHORS = ['ann', 'bob', 'cleo', 'dan', 'eve']
  const LOGS = AUTHORS.map((author) => logOf(author, SIZE * BATCHES, SIZE))
  const FORKS = [0, 13, 50, 95]
  const PROOFS = AUTHORS.map((author) => FORKS.map((place) => proofOf(author, place)))

  const anyone = fc.nat(AUTHORS.length - 1)
  /** Batches of each author, and places from which on some are void or banned. */
  const swarm = fc.record({
    counts: fc.tuple(...AUTHORS.map(() => fc.nat(BATCHES))),
    liar: fc.option(fc.record({ i: anyone, fork: fc.nat(FORKS.length - 1) })),
    banned: fc.option(fc.record({ i: anyone, place: fc.nat(SIZE * BATCHES) }))
  })
  /** Whose next batch comes, or one of those before it again; the proof and the order to ban, at some points. */
  const way = fc.record({
    turns: fc.array(fc.record({ i: anyone, again: fc.nat(3) }), { maxLength: 80 }),
    proofAt: fc.nat(60),
    banAt: fc.nat(60)
  })
  type Swarm = typeof swarm extends fc.Arbitrary<infer T> ? T : never
  type Way = typeof way extends fc.Arbitrary<infer T> ? T : never
  type Replayed = ReturnType<typeof replay>

  function replay({ counts, liar, banned }: Swarm, { turns, proofAt, banAt }: Way) {
    const { ledger, counting } = newLedger()
    const next = counts.map(() => 0)
    const deliver = (i: number, again: number): void => {
      const at = Math.max(next[i]! - again, 0)
      if (at >= counts[i]!) return
      ledger.accept(LOGS[i]![at]!)
      next[i] = Math.max(next[i]!, at + 1)
    }
    const decree = (turn: number): void => {
      if (liar !== null && turn === proofAt) ledger.acceptProof(PROOFS[liar.i]![liar.fork]!)
      if (banned !== null && turn === banAt) ledger.ban(AUTHORS[banned.i]!, banned.place)
    }
    for (const [turn, { i, again }] of turns.entries()) {
      decree(turn)
      deliver(i, again)
    }
    for (const [i, count] of counts.entries()) while (next[i]! < count) deliver(i, 0)
    for (let turn = turns.length; turn <= 60; turn++) decree(turn)

    return { ledger, counting }
  }

  test('follows from logs, proofs and bans, in whatever order and however often they came', () => {
    fc.assert(
      fc.property(swarm, way, way, (set, ...ways) => {
        const ends = AUTHORS.map((_, i) =>
          Math.min(
            SIZE * set.counts[i]!,
            set.liar?.i === i ? FORKS[set.liar.fork]! : Infinity,
            set.banned?.i === i ? set.banned.place : Infinity
          )
        )
        const second = [...ends].sort((a, b) => b - a)[1]!
        const expected = ends.map((end) => Math.min(end, second + LEAD.places))
        const [one, other] = ways.map((each) => replay(set, each)) as [Replayed, Replayed]
        for (const { ledger, counting } of [one, other]) {
          expect(AUTHORS.map((author) => ledger.countedOf(author))).toEqual(expected)
          expect(AUTHORS.map((author) => counting.get(author) ?? 0)).toEqual(expected)
        }
        expect(one.ledger.setHash).toBe(other.ledger.setHash)
        expect(one.ledger.setHashOf(other.ledger.counted)).toBe(one.ledger.setHash)
      }),
      { numRuns: 150 }
    )
  })
})
