import { expect, test } from 'vitest'
import { SimulatedSigning } from '../../../src/sim/signing.ts'
import { answerQuery, lacks, parted } from '../../../src/spsa/ledger/answer.ts'
import { Ledger } from '../../../src/spsa/ledger/ledger.ts'
import type { LedgerQuery } from '../../../src/wire/ledger-sync-codec.ts'

const signing = new SimulatedSigning()

function newLedger(maxAuthors = 16): Ledger {
  const { verify } = signing.of('ann')

  return new Ledger({
    jobId: 'a'.repeat(64),
    verify,
    isProjection: () => true,
    maxLength: 10_000,
    maxAuthors,
    onChange() {}
  })
}

/** A log of runs of one byte each. */
function write(ledger: Ledger, author: string, ...runs: readonly [count: number, byte: number][]): void {
  for (const [count, byte] of runs) {
    const more = new Uint8Array(count).fill(byte)
    for (const batch of ledger.sign(author, more, signing.of(author).sign)) ledger.accept(batch)
  }
}

function queryOf(ledger: Ledger): LedgerQuery {
  return { setHash: ledger.setHash, isFinished: false, neighbourhood: 0, logs: ledger.states }
}

test('two logs of equal length are told apart, one log is not', () => {
  const [one, other, third] = [newLedger(), newLedger(), newLedger()]
  write(one, 'eve', [100, 1])
  write(other, 'eve', [100, 2])
  write(third, 'eve', [70, 1], [30, 1])
  for (const ledger of [one, other, third]) write(ledger, 'ann', [1500, 3])

  expect(parted(one, queryOf(other))).toEqual(['eve'])
  expect(parted(other, queryOf(one))).toEqual(['eve'])
  expect(parted(one, queryOf(third))).toEqual([])
})

test('who writes much does not keep others from an answer', () => {
  const [full, empty] = [newLedger(), newLedger()]
  write(full, 'ann', [10_000, 1])
  for (const flooded of Array.from({ length: 8 }, (_, i) => `ann${i}`)) write(full, flooded, [10_000, 1])
  write(full, 'zoe', [40, 2])
  write(full, 'zac', [1500, 2])

  const { batches } = answerQuery(full, queryOf(empty))
  // each in order, from the start
  for (const batch of batches) expect(empty.accept(batch).kind).toBe('added')
  expect([empty.lengthOf('zoe'), empty.lengthOf('zac')]).toEqual([40, 1500])
  const rest = answerQuery(full, queryOf(empty)).batches
  expect(rest.map(({ author }) => author)).not.toContain('zoe')
  expect(new Set(rest.map(({ author }) => author)).size).toBe(9)
})

test('two logs void from the same place on, that part before it, are told apart', () => {
  const [one, other, fork] = [newLedger(), newLedger(), newLedger()]
  write(one, 'eve', [2000, 1], [20, 3])
  write(fork, 'eve', [2000, 1], [20, 4])
  write(other, 'eve', [10, 1], [2010, 2])
  const outcome = one.accept(fork.batchFrom('eve', 2000)!)
  if (outcome.kind !== 'equivocation') throw new Error(outcome.kind)
  for (const ledger of [one, other]) ledger.acceptProof(outcome.proof)
  expect([lacks(one, queryOf(other)), answerQuery(one, queryOf(other)).batches]).toEqual([false, []])

  expect(parted(one, queryOf(other))).toEqual(['eve'])
})
