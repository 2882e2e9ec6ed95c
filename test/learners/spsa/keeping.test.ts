import { mkdtemp, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { CodedError } from '../../../src/interface/errors.ts'
import type { Signing } from '../../../src/interface/signing.ts'
import { Keeping } from '../../../src/learners/spsa/keeping.ts'
import { Tasks } from '../../../src/learners/tasks.ts'
import { SimulatedDisk } from '../../../src/node/simulation/disk.ts'
import { SimulatedSigning } from '../../../src/sim/signing.ts'
import { Ledger } from '../../../src/spsa/ledger/ledger.ts'
import { recordsOf } from '../../../src/spsa/ledger/records.ts'
import { LogJournal } from '../../../src/store/log-journal.ts'
import type { JournalRecord } from '../../../src/wire/log-batch.ts'

const record = (author: string, start: number): JournalRecord => ({
  batch: { author, start, bytes: Uint8Array.of(1), signature: new Uint8Array(64) }
})
const placesOf = (records: readonly JournalRecord[]): string[] =>
  records.map((one) => ('batch' in one ? `${one.batch.author} ${one.batch.start}` : `${one.proof.author} void`))

/** Takes turns of the event loop over each write, as a disk does, and fails when told to. */
class SlowJournal extends SimulatedDisk {
  isFull = false

  override async append(records: readonly JournalRecord[]): Promise<void> {
    await new Promise((done) => setImmediate(done))
    if (this.isFull) throw new CodedError('ERR_JOURNAL_UNUSABLE', 'no space is left')
    await super.append(records)
  }
}

function newKeeping() {
  const journal = new SlowJournal()
  const tasks = new Tasks()
  const failures: string[] = []
  onTestFinished(() => tasks.end(new Error('the test is over')))

  const everything = (): JournalRecord[] => []
  const onFailure = ({ code }: CodedError): void => {
    failures.push(code)
  }

  return { journal, failures, keeping: new Keeping({ journal, tasks, everything, onFailure }) }
}

describe('keeping records', () => {
  test('what waits is written before what this node adds, so its log is kept in order', async () => {
    const { journal, keeping } = newKeeping()
    keeping.add(record('eve', 0)) // is being written
    keeping.add(record('me', 0)) // this node's own, lost and fetched from a neighbour
    keeping.add(record('me', 1))

    expect(await keeping.write([record('me', 2)])).toBe(true)
    expect(placesOf(journal.takeRecords())).toEqual(['eve 0', 'me 0', 'me 1', 'me 2'])
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
    expect(placesOf(journal.takeRecords())).toEqual(['ann 0', 'ann 1', 'ann 2', 'me 0'])
    journal.isFull = true
    expect(await keeping.write([record('me', 1)])).toBe(false)
    expect(failures).toHaveLength(2)
  })
})

describe('a journal of 100,000 projections', () => {
  const JOB = 'c'.repeat(64)
  const AUTHORS = 4
  const newLedger = (verify: Signing['verify']) =>
    new Ledger({ jobId: JOB, verify, isProjection: () => true, maxLength: 1e6, maxAuthors: 9, onChange: () => {} })

  test('takes little more than a byte each at the end, and never much more', async () => {
    const size = 32
    const signing = new SimulatedSigning()
    const ledger = newLedger(signing.of('x').verify)
    const path = join(await mkdtemp(join(tmpdir(), 'starling-keeping-')), 'ledger.log')
    const { journal } = await LogJournal.open(path, JOB)
    const tasks = new Tasks()
    const keeping = new Keeping({
      journal: {
        takeRecords: () => [],
        append: (r) => journal.append(r),
        rewrite: (r) => journal.rewrite(r),
        get bytes() {
          return journal.bytes
        }
      },
      tasks,
      everything: () => recordsOf(ledger),
      onFailure: () => expect.unreachable()
    })
    let most = 0
    for (let at = 0; at < 100_000 / AUTHORS; at += 250 * size) {
      for (let author = 0; author < AUTHORS; author++) {
        const name = `author${author}`
        const batches = []
        for (let i = 0; i < Math.min(250 * size, 100_000 / AUTHORS - at); i += size) {
          const [batch] = ledger.sign(name, new Uint8Array(size).fill(1 + author), signing.of(name).sign)
          ledger.accept(batch!)
          batches.push({ batch: batch! })
        }
        await keeping.write(batches)
      }
      most = Math.max(most, journal.bytes / ledger.total)
    }
    await keeping.compact()
    await tasks.end(new Error('the test is over'))
    await journal.close()

    expect(most).toBeLessThan(2.5)
    expect((await stat(path)).size / ledger.total).toBeLessThan(1.25)
    const again = await LogJournal.open(path, JOB)
    await again.journal.close()
    const restored = newLedger(signing.of('x').verify)
    for (const record of again.records) if ('batch' in record) restored.accept(record.batch)
    expect(restored.setHash).toBe(ledger.setHash)
  })
})
