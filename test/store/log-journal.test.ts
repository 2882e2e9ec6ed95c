import { type FileHandle, mkdtemp, open, readFile, stat, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { LogJournal } from '../../src/store/log-journal.ts'
import type { JournalRecord } from '../../src/wire/log-batch.ts'

const JOB = 'ab'.repeat(32)
const fill = (length: number, value: number): Uint8Array => new Uint8Array(length).fill(value)

const record = (place: number): JournalRecord => ({
  batch: { author: 'ann', start: 32 * place, bytes: fill(32, place + 1), signature: fill(64, 9) }
})
const proof: JournalRecord = {
  proof: {
    author: 'eve',
    start: 0,
    before: fill(32, 1),
    left: { bytes: fill(5, 2), signature: fill(64, 3) },
    right: { bytes: fill(9, 4), signature: fill(64, 5) }
  }
}

async function newPath(): Promise<string> {
  return join(await mkdtemp(join(tmpdir(), 'starling-journal-')), 'deep', 'ledger.log')
}

async function filled(path: string, records: readonly JournalRecord[]): Promise<void> {
  const { journal } = await LogJournal.open(path, JOB)
  await journal.append(records)
  await journal.close()
}

describe('a journal', () => {
  test('gives back what it was given, in order, to the owner alone', async () => {
    const path = await newPath()
    await filled(path, [record(0), proof])
    await filled(path, [record(1)])
    const { journal, records, tornBytes } = await LogJournal.open(path, JOB)
    await journal.close()

    expect(records).toEqual([record(0), proof, record(1)])
    expect(tornBytes).toBe(0)
    expect((await stat(path)).mode & 0o777).toBe(0o600)
  })

  test('after a crash at any byte it has all records before, and goes on', async () => {
    const path = await newPath()
    await filled(path, [record(0), record(1), record(2)])
    const whole = await readFile(path)
    const ends = [0, 1, 2, 3].map((count) => 36 + (count * (whole.byteLength - 36)) / 3)
    for (let length = 0; length < whole.byteLength; length += 7) {
      await writeFile(path, whole.subarray(0, length))
      const { journal, records, tornBytes } = await LogJournal.open(path, JOB)
      const kept = Math.max(0, ends.filter((end) => end <= length).length - 1)
      expect(records).toEqual([record(0), record(1), record(2)].slice(0, kept))
      expect(tornBytes).toBe(length < 36 ? length : length - ends[kept]!)

      await journal.append([record(7)])
      await journal.close()
      const again = await LogJournal.open(path, JOB)
      await again.journal.close()
      expect(again.records).toEqual([...records, record(7)])
    }
  })

  test('a spoilt byte ends it there', async () => {
    const path = await newPath()
    await filled(path, [record(0), record(1), record(2)])
    const content = await readFile(path)
    content[36 + (content.byteLength - 36) / 3 + 20]! ^= 1
    await writeFile(path, content)
    const { journal, records } = await LogJournal.open(path, JOB)
    await journal.close()

    expect(records).toEqual([record(0)])
  })

  test('can be rewritten shorter, and added to afterwards', async () => {
    const path = await newPath()
    const { journal } = await LogJournal.open(path, JOB)
    await journal.append([record(0), record(1), record(2)])
    const before = journal.bytes
    await Promise.all([journal.rewrite([record(5)]), journal.append([record(6)])])
    expect(journal.bytes).toBeLessThan(before)
    expect(journal.bytes).toBe((await stat(path)).size)
    await journal.close()
    const again = await LogJournal.open(path, JOB)
    await again.journal.close()

    expect(again.records).toEqual([record(5), record(6)])
  })

  test('of more bytes than fit one buffer is opened', async () => {
    const path = await newPath()
    await filled(path, [record(0)])
    const { size } = await stat(path)
    await truncate(path, 2 ** 31 + 1) // sparse: a hole takes no room
    const { journal, records, tornBytes } = await LogJournal.open(path, JOB)
    await journal.close()

    expect(records).toEqual([record(0)])
    expect(tornBytes).toBe(2 ** 31 + 1 - size)
    expect((await stat(path)).size).toBe(size)
  })

  test('of more records than are read at a time has all of them', async () => {
    const path = await newPath()
    const records = Array.from({ length: 9_000 }, (_, i) => record(i))
    await filled(path, records)
    const { journal, records: read } = await LogJournal.open(path, JOB)
    await journal.rewrite(read)
    await journal.close()
    const again = await LogJournal.open(path, JOB)
    await again.journal.close()

    expect(again.records).toHaveLength(records.length)
    expect(again.records.at(-1)).toEqual(records.at(-1))
  })

  test('what a failed write left, and could not be cut off, is cut off before the next', async () => {
    const path = await newPath()
    const { journal } = await LogJournal.open(path, JOB)
    await journal.append([record(0)])
    const probe = await open(path)
    const handles = Object.getPrototypeOf(probe) as FileHandle
    await probe.close()
    const full = async (): Promise<never> => {
      throw new Error('no space is left')
    }
    const sync = vi.spyOn(handles, 'datasync').mockImplementationOnce(full)
    const cut = vi.spyOn(handles, 'truncate').mockImplementationOnce(full)
    await expect(journal.append([record(5)])).rejects.toMatchObject({ code: 'ERR_JOURNAL_UNUSABLE' })
    await journal.append([record(1)])
    await journal.close()
    sync.mockRestore()
    cut.mockRestore()
    const again = await LogJournal.open(path, JOB)
    await again.journal.close()

    expect(again.records).toEqual([record(0), record(1)])
  })

  test('of another job, or another file, is refused and left alone', async () => {
    const path = await newPath()
    await filled(path, [record(0)])
    const before = await readFile(path)
    await expect(LogJournal.open(path, 'cd'.repeat(32))).rejects.toMatchObject({ code: 'ERR_JOURNAL_FOREIGN' })
    expect(await readFile(path)).toEqual(before)

    await writeFile(path, 'something else that is longer than a header of a journal')
    await expect(LogJournal.open(path, JOB)).rejects.toMatchObject({ code: 'ERR_JOURNAL_FOREIGN' })
    await truncate(path, 0)
    await expect(LogJournal.open(join(path, 'below'), JOB)).rejects.toMatchObject({ code: 'ERR_JOURNAL_UNUSABLE' })
  })
})
