import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { SimulatedSigning } from '../../../src/sim/signing.ts'
import type { LedgerChange } from '../../../src/spsa/ledger/counting.ts'
import { placeOfEquivocation } from '../../../src/spsa/ledger/equivocation.ts'
import { Ledger, type LedgerInit } from '../../../src/spsa/ledger/ledger.ts'
import type { LogBatch } from '../../../src/wire/log-batch.ts'

const JOB = 'a'.repeat(64)
const signing = new SimulatedSigning()
const sign = { ann: signing.of('ann').sign, bob: signing.of('bob').sign, eve: signing.of('eve').sign }
const { verify } = signing.of('ann')

/** A ledger, and the projections that it says count, kept the naive way. */
function newLedger({ maxLength = 100_000, maxAuthors = 16, ...more }: Partial<LedgerInit> = {}) {
  const counting = new Map<string, number>()
  const onChange = ({ author, from, to, direction }: LedgerChange): void => {
    const before = counting.get(author) ?? 0
    expect(direction === 1 ? from : to).toBe(before)
    counting.set(author, direction === 1 ? to : from)
  }
  const ledger = new Ledger({
    jobId: JOB,
    verify,
    isProjection: (byte) => byte !== 0x80,
    maxLength,
    maxAuthors,
    ...more,
    onChange
  })

  return { ledger, counting }
}

const bytes = (count: number, first = 1): Uint8Array =>
  Uint8Array.from({ length: count }, (_, i) => ((first + i) % 127) + 1)

/** Adds to an author's own log. */
function write(ledger: Ledger, author: keyof typeof sign, more: Uint8Array): LogBatch[] {
  const batches = ledger.sign(author, more, sign[author])
  for (const batch of batches) expect(ledger.accept(batch).kind).toBe('added')

  return batches
}

/** A ledger in which `author` has written `count` bytes, in batches of `size`. */
function written(author: keyof typeof sign, count: number, { size = 32, first = 1 } = {}) {
  const { ledger } = newLedger()
  const batches: LogBatch[] = []
  const all = bytes(count, first)
  for (let at = 0; at < count; at += size) batches.push(...write(ledger, author, all.slice(at, at + size)))

  return { ledger, batches }
}

describe('a ledger', () => {
  test('two nodes with the same projections have the same set hash, whatever the batches and their order', () => {
    const ann = written('ann', 3000)
    const bob = written('bob', 700, { size: 7 })
    const a = newLedger().ledger
    const b = newLedger().ledger
    for (const batch of [...ann.batches, ...bob.batches]) a.accept(batch)
    for (const batch of [...bob.batches, ...ann.batches, ...bob.batches]) b.accept(batch)
    for (const { author, length } of [
      { author: 'ann', length: 3000 },
      { author: 'bob', length: 700 }
    ]) {
      expect(a.countedOf(author)).toBe(length)
    }

    expect(a.setHash).toBe(b.setHash)
    expect(a.setHash).not.toBe(ann.ledger.setHash)
    expect(newLedger().ledger.setHash).toBe('0'.repeat(64))
    expect(a.total).toBe(3700)
  })

  test('knows the hash of a part of what it has, and of no more', () => {
    const half = written('ann', 1500).ledger
    const { ledger } = written('ann', 3000)

    expect(ledger.setHashOf(half.counted)).toBe(half.setHash)
    expect(half.setHashOf(ledger.counted)).toBeUndefined()
  })

  test('one byte more, another byte or another author is another set', () => {
    const hashes = [written('ann', 40), written('ann', 41), written('ann', 40, { first: 2 }), written('bob', 40)].map(
      ({ ledger }) => ledger.setHash
    )

    expect(new Set(hashes).size).toBe(4)
  })

  test('says what is missing, and takes what overlaps', () => {
    const { batches } = written('ann', 128)
    const { ledger } = newLedger()

    expect(ledger.accept(batches[1]!)).toEqual({ kind: 'gap', have: 0 })
    expect(ledger.accept(batches[0]!)).toEqual({ kind: 'added', from: 0, to: 32 })
    expect(ledger.accept(batches[0]!)).toEqual({ kind: 'known' })
    // from another node that cuts elsewhere
    const other = written('ann', 128, { size: 50 })
    expect(ledger.accept(other.batches[0]!)).toEqual({ kind: 'added', from: 32, to: 50 })
  })

  test('hands on what it has, so that a third can check it', () => {
    const { batches } = written('ann', 2500)
    const { ledger: second } = newLedger()
    for (const batch of batches) second.accept(batch)
    const { ledger: third } = newLedger()
    for (let at = 0; ; ) {
      const batch = second.batchFrom('ann', at)
      if (batch === undefined) break
      expect(third.accept(batch).kind).toBe('added')
      at = third.lengthOf('ann')
    }

    expect(third.setHash).toBe(second.setHash)
    expect(third.lengthOf('ann')).toBe(2500)
  })

  test('takes nothing that its author has not signed', () => {
    const { batches } = written('ann', 64)
    const { ledger } = newLedger()
    const [first] = batches as [LogBatch, ...LogBatch[]]
    const changed = first.bytes.slice()
    changed[5] = 77

    expect(ledger.accept({ ...first, bytes: changed }).kind).toBe('unproven')
    expect(ledger.accept({ ...first, author: 'bob' }).kind).toBe('unproven')
    expect(ledger.accept({ ...first, author: 'nobody' }).kind).toBe('unproven')
    expect(ledger.accept({ ...first, signature: new Uint8Array(64) }).kind).toBe('unproven')
    expect(ledger.states).toEqual([])
  })

  test('refuses by code what is too much', () => {
    const { batches } = written('ann', 64)
    const few = newLedger({ maxLength: 40, maxAuthors: 1 }).ledger
    few.accept(batches[0]!)

    expect(() => few.accept(batches[1]!)).toThrow(
      expect.objectContaining({ code: 'ERR_LEDGER_LENGTH', verdict: 'penalise' })
    )
    expect(() => few.accept(written('bob', 4).batches[0]!)).toThrow(
      expect.objectContaining({ code: 'ERR_LEDGER_AUTHORS' })
    )
    const odd = { ...batches[1]!, bytes: Uint8Array.of(0x80) }
    expect(() => newLedger().ledger.accept({ ...odd, start: 0 })).toThrow(
      expect.objectContaining({ code: 'ERR_LEDGER_BYTE' })
    )
  })
})

describe('places for authors', () => {
  const names = Array.from({ length: 20 }, (_, i) => `stranger${i}`)
  const logOf = (author: string): LogBatch =>
    newLedger().ledger.sign(author, Uint8Array.of(1), signing.of(author).sign)[0]!
  /** How many of these are taken in. */
  function taken(ledger: Ledger, authors: readonly string[]): number {
    return authors.filter((author) => {
      const hasPlace = ledger.hasPlaceFor(author)
      try {
        return ledger.accept(logOf(author)).kind === 'added'
      } catch (error) {
        expect(error).toMatchObject({ code: 'ERR_LEDGER_AUTHORS', verdict: 'ignore' })
        expect(hasPlace).toBe(false)
        return false
      }
    }).length
  }

  test("a node's own log finds one, whoever came before", () => {
    const { ledger } = newLedger({ maxAuthors: 6, self: 'ann' })

    expect(taken(ledger, names)).toBe(5)
    expect(taken(ledger, ['ann', 'bob'])).toBe(1)
    expect(ledger.lengthOf('ann')).toBe(1)
  })

  test('where not everybody belongs to the swarm, others find none, whoever brings their logs', () => {
    const members = new Set(['bob', 'eve'])
    const { ledger } = newLedger({ maxAuthors: 10, self: 'ann', isMember: (author) => members.has(author) })

    expect(taken(ledger, [...names, 'ann', 'bob', 'eve'])).toBe(3)
    expect(ledger.states.map(({ author }) => author)).toEqual(['ann', 'bob', 'eve'])
  })

  test('strangers fill half of them, peers the rest', () => {
    const near = new Set(['ann', 'bob', 'eve', 'joe', 'kim', 'lea', 'max', 'ned'])
    const { ledger } = newLedger({ maxAuthors: 10, self: 'ann', isNear: (author) => near.has(author) })

    expect(taken(ledger, names)).toBe(5)
    expect(taken(ledger, [...near])).toBe(5)
    expect(ledger.lengthOf('ann')).toBe(1)
    expect(ledger.states.length).toBe(10)
  })
})

describe('an author of two logs', () => {
  /** Ann's log up to 1100, and then two of them. */
  function forked() {
    const left = newLedger().ledger
    const right = newLedger().ledger
    const common = written('ann', 1100).batches
    for (const batch of common) {
      left.accept(batch)
      right.accept(batch)
    }
    const ofLeft = write(left, 'ann', bytes(100, 50))
    const ofRight = write(right, 'ann', bytes(90, 51))

    return { left, right, ofLeft, ofRight }
  }

  test('is found out by whoever sees both, and void from where they part, everywhere', () => {
    const { left, right, ofLeft, ofRight } = forked()
    const before = written('ann', 1100).ledger.setHash
    const outcome = left.accept(ofRight[0]!)
    if (outcome.kind !== 'equivocation') throw new Error(outcome.kind)
    expect(outcome.place).toBe(1100)
    expect(placeOfEquivocation(JOB, outcome.proof, verify)).toBe(1100)

    expect(left.acceptProof(outcome.proof)).toBe(true)
    expect(left.acceptProof(outcome.proof)).toBe(false)
    right.acceptProof(outcome.proof)
    expect([left.countedOf('ann'), right.countedOf('ann')]).toEqual([1100, 1100])
    expect(left.setHash).toBe(right.setHash)
    expect(right.setHashOf(left.counted)).toBe(left.setHash)
    expect(right.setHashOf([{ author: 'ann', length: 1100 }])).toBeUndefined()
    // the proof itself is part of what they agree on
    expect(left.setHash).not.toBe(before)

    // a third that only has the proof, and then learns of either log, comes to the same
    const { ledger: third } = newLedger()
    third.acceptProof(outcome.proof)
    for (const batch of [...written('ann', 1100).batches, ...ofLeft]) third.accept(batch)
    expect(third.setHash).toBe(left.setHash)
    expect(third.accept(ofRight[0]!)).toEqual({ kind: 'known' })
  })

  test('is found by comparing segments when the logs part before what came', () => {
    const { left, right } = forked()
    const later = write(right, 'ann', bytes(1200, 9))
    expect(left.accept(right.batchFrom('ann', 1195)!).kind).toBe('unproven')
    expect(later.length).toBeGreaterThan(1)

    expect(left.compare(right.segmentOf('ann', 2)!).kind).toBe('earlier')
    expect(left.compare(right.segmentOf('ann', 0)!).kind).toBe('same')
    const found = left.compare(right.segmentOf('ann', 1)!)
    expect(found).toMatchObject({ kind: 'equivocation', place: 1100 })

    const forged = right.segmentOf('ann', 1)!
    forged.batch.bytes[3]! ^= 1
    expect(() => left.compare(forged)).toThrow(expect.objectContaining({ code: 'ERR_LEDGER_SIGNATURE' }))
  })

  test('the earliest of several places counts, in any order of proofs', () => {
    const fork = (at: number, first: number) => {
      const a = newLedger().ledger
      const b = newLedger().ledger
      write(a, 'eve', bytes(at))
      write(b, 'eve', bytes(at))
      write(a, 'eve', bytes(200 - at, first))
      write(b, 'eve', bytes(200 - at, first + 1))
      const outcome = a.accept(b.batchFrom('eve', at)!)
      if (outcome.kind !== 'equivocation') throw new Error(outcome.kind)
      return outcome.proof
    }
    const [late, early] = [fork(150, 3), fork(40, 60)]
    const one = newLedger().ledger
    const other = newLedger().ledger
    for (const ledger of [one, other]) write(ledger, 'eve', bytes(200))
    one.acceptProof(late)
    one.acceptProof(early)
    other.acceptProof(early)
    expect(other.acceptProof(late)).toBe(false)

    expect(one.voidFrom('eve')).toBe(40)
    expect(one.setHash).toBe(other.setHash)
  })

  test('no proof is taken that is none', () => {
    const { left, ofRight } = forked()
    const outcome = left.accept(ofRight[0]!)
    if (outcome.kind !== 'equivocation') throw new Error(outcome.kind)
    const { proof } = outcome
    const shorter = { bytes: proof.left.bytes.slice(0, -1), signature: proof.left.signature }
    const { ledger } = newLedger()
    for (const bad of [
      { ...proof, author: 'bob' },
      { ...proof, start: proof.start + 1 },
      { ...proof, right: proof.left },
      { ...proof, left: shorter },
      { ...proof, before: new Uint8Array(32) }
    ]) {
      expect(() => ledger.acceptProof(bad)).toThrow(
        expect.objectContaining({ code: 'ERR_EQUIVOCATION_INVALID', verdict: 'penalise' })
      )
    }
  })
})

describe('undo', () => {
  test('a ban leaves the set of one who never saw the peer, and lifting it brings the hash back', () => {
    const { ledger, counting } = newLedger()
    const { ledger: without } = newLedger()
    for (const batch of written('ann', 500).batches) {
      ledger.accept(batch)
      without.accept(batch)
    }
    for (const batch of written('bob', 800).batches.slice(0, 20)) ledger.accept(batch)
    const before = ledger.setHash

    ledger.ban('bob')
    expect(ledger.setHash).toBe(without.setHash)
    for (const batch of written('bob', 800).batches) ledger.accept(batch)
    expect(ledger.setHash).toBe(without.setHash)
    expect(counting.get('bob')).toBe(0)

    ledger.ban('bob', 640)
    expect(ledger.setHash).toBe(before)
    ledger.unban('bob')
    expect(ledger.countedOf('bob')).toBe(800)
  })
})

test('any order, repetition and cut of batches, proofs and bans leads to the same state', () => {
  const logs = {
    ann: written('ann', 1300).batches,
    bob: written('bob', 90, { size: 11 }).batches,
    eve: written('eve', 60).batches
  }
  const fork = written('eve', 60, { first: 2 })
  const proof = (() => {
    const outcome = written('eve', 60).ledger.accept(fork.batches[0]!)
    if (outcome.kind !== 'equivocation') throw new Error(outcome.kind)
    return outcome.proof
  })()
  const everything: (LogBatch | 'proof')[] = [...logs.ann, ...logs.bob, ...logs.eve, ...fork.batches, 'proof']
  const settle = (items: readonly (LogBatch | 'proof')[]) => {
    const { ledger, counting } = newLedger()
    // what comes too early comes again
    for (let turn = 0; turn < 60; turn++) {
      for (const item of items) item === 'proof' ? ledger.acceptProof(proof) : ledger.accept(item)
    }
    return { hash: ledger.setHash, counting: [...counting].filter(([, count]) => count > 0).sort() }
  }
  const expected = settle(everything)
  expect(expected.counting).toEqual([
    ['ann', 1300],
    ['bob', 90]
  ])

  fc.assert(
    fc.property(fc.shuffledSubarray(everything, { minLength: everything.length }), (order) => {
      expect(settle(order)).toEqual(expected)
    }),
    { numRuns: 10 }
  )
})
