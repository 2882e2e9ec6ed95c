import { describe, expect, onTestFinished, test } from 'vitest'
import { CodedError } from '../../../src/interface/errors.ts'
import type { Journal, JournalRecord } from '../../../src/learners/spsa/journal.ts'
import { Keeping } from '../../../src/learners/spsa/keeping.ts'
import { Tasks } from '../../../src/learners/tasks.ts'

const record = (author: string, start: number): JournalRecord => ({
  batch: { author, start, bytes: Uint8Array.of(1), signature: new Uint8Array(64) }
})
const placesOf = (records: readonly JournalRecord[]): string[] =>
  records.map((one) => ('batch' in one ? `${one.batch.author} ${one.batch.start}` : `${one.proof.author} void`))

/** Takes turns of the event loop over each write, as a disk does, and fails when told to. */
class SlowJournal implements Journal {
  readonly records: JournalRecord[] = []
  isFull = false

  async append(records: readonly JournalRecord[]): Promise<void> {
    await new Promise((done) => setImmediate(done))
    if (this.isFull) throw new CodedError('ERR_JOURNAL_UNUSABLE', 'no space is left')
    this.records.push(...records)
  }
}

function newKeeping() {
  const journal = new SlowJournal()
  const tasks = new Tasks()
  const failures: string[] = []
  onTestFinished(() => tasks.end(new Error('the test is over')))

  return { journal, failures, keeping: new Keeping({ journal, tasks, onFailure: ({ code }) => failures.push(code) }) }
}

describe('keeping records', () => {
  test('what waits is written before what this node adds, so its log is kept in order', async () => {
    const { journal, keeping } = newKeeping()
    keeping.add(record('eve', 0)) // is being written
    keeping.add(record('me', 0)) // this node's own, lost and fetched from a neighbour
    keeping.add(record('me', 1))

    expect(await keeping.write([record('me', 2)])).toBe(true)
    expect(placesOf(journal.records)).toEqual(['eve 0', 'me 0', 'me 1', 'me 2'])
  })

  test('what could not be written is tried again, in order, and the failure told once', async () => {
    const { journal, keeping, failures } = newKeeping()
    journal.isFull = true
    keeping.add(record('ann', 0))
    keeping.add(record('ann', 1))
    expect(await keeping.write([record('me', 0)])).toBe(false)
    keeping.add(record('ann', 2))
    expect(await keeping.write([record('me', 0)])).toBe(false)
    expect(failures).toEqual(['ERR_JOURNAL_UNUSABLE'])

    journal.isFull = false
    expect(await keeping.write([record('me', 0)])).toBe(true)
    expect(placesOf(journal.records)).toEqual(['ann 0', 'ann 1', 'ann 2', 'me 0'])
    journal.isFull = true
    expect(await keeping.write([record('me', 1)])).toBe(false)
    expect(failures).toHaveLength(2)
  })
})
