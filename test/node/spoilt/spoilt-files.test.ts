import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { createLayout } from '../../../src/interface/params.ts'
import { createRng } from '../../../src/math/philox.ts'
import { VectorHeap } from '../../../src/math/vector-heap.ts'
import type { NodeEvent } from '../../../src/node/events.ts'
import { FilterMemory } from '../../../src/node/filter-memory.ts'
import { goOn } from '../../../src/node/going-on.ts'
import { KEY_NAME, loadIdentity, nameOfNode } from '../../../src/node/identity.ts'
import { journalPath, openJournal } from '../../../src/node/journal.ts'
import { systemClock } from '../../../src/node/system-clock.ts'
import { createFilter } from '../../../src/robust/filters/registry.ts'
import { CheckpointFolder, checkpointFolder } from '../../../src/store/checkpoint/folder.ts'
import { writeWhole } from '../../../src/store/whole-file.ts'
import type { JournalRecord } from '../../../src/wire/log-batch.ts'
import { JOB_ID, sample } from '../../store/checkpoint/sample.ts'
import { DAMAGES } from './damage.ts'

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'starling-spoilt-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))

  return folder
}

class Log {
  readonly lines: string[] = []
  readonly write = (level: string, message: string): void => {
    if (level === 'warn' || level === 'error') this.lines.push(message)
  }
}

const fill = (length: number, value: number): Uint8Array => new Uint8Array(length).fill(value)
const record = (place: number): JournalRecord => ({
  batch: { author: 'ann', start: 32 * place, bytes: fill(32, place + 1), signature: fill(64, 9) }
})
const layout = createLayout([{ name: 'w', shape: [6], kind: 'kernel' }])
const newFilter = () =>
  createFilter({ filter: 'mud-hog' }, { vectors: new VectorHeap(), layout, rng: createRng(1, 'filter'), maxSenders: 8 })

describe.each(DAMAGES)('$id', ({ of }) => {
  test('a checkpoint is named and put aside, and the one before it is gone on from', { timeout: 120_000 }, async () => {
    const folder = new CheckpointFolder(checkpointFolder(await newFolder(), JOB_ID), { keep: 3 })
    await folder.write(sample(1))
    const { path } = await folder.write(sample(2))
    const whole = await readFile(path)
    for (const damaged of of(whole)) {
      await writeFile(path, damaged)
      const [events, log] = [[] as NodeEvent[], new Log()]
      const emit = (event: NodeEvent): number => events.push(event)
      const going = { choice: 'auto', folder, jobId: JOB_ID, budget: {}, emit, log: log.write } as const
      expect(await goOn(going, (state) => state?.round)).toBe(1)
      expect(events[0]).toMatchObject({ event: 'checkpoint:refused', aside: `${path}.bad` })
      expect(log.lines).toHaveLength(1)
      expect(log.lines[0]).toContain(path)
      expect(await readFile(`${path}.bad`)).toEqual(damaged)
      // the next start is not about it any more
      events.length = 0
      expect(await goOn(going, (state) => state?.round)).toBe(1)
      expect(events.map(({ event }) => event)).toEqual(['node:resumed'])
    }
  })

  test('a ledger gives what is whole before it, says what is lost, and goes on', { timeout: 120_000 }, async () => {
    const dataDir = await newFolder()
    const path = journalPath(dataDir, JOB_ID)
    const records = Array.from({ length: 40 }, (_, i) => record(i))
    const journal = await openJournal(dataDir, JOB_ID, new Log().write)
    await journal.append(records)
    await journal.close()
    const whole = await readFile(path)
    for (const damaged of of(whole)) {
      await writeFile(path, damaged)
      const log = new Log()
      const opened = await openJournal(dataDir, JOB_ID, log.write)
      expect(log.lines).toHaveLength(1)
      expect(log.lines[0]).toContain(path)
      const left = opened.takeRecords()
      expect(left.length).toBeLessThan(records.length)
      expect(left).toEqual(records.slice(0, left.length))
      expect(opened.takeRecords()).toEqual([])
      // what it gets from now on is there at the next start, which has nothing to tell
      await opened.append([record(99)])
      await opened.close()
      const again = await openJournal(dataDir, JOB_ID, log.write)
      await again.close()
      expect(again.takeRecords()).toEqual([...left, record(99)])
      expect(log.lines).toHaveLength(1)
    }
  })

  test("a filter's memory is named and put aside, and the filter begins afresh", { timeout: 120_000 }, async () => {
    const path = join(await newFolder(), 'filters', 'a.state')
    await writeWhole(path, newFilter().save())
    const whole = await readFile(path)
    for (const damaged of of(whole)) {
      await writeFile(path, damaged)
      const log = new Log()
      const filter = newFilter()
      const memory = new FilterMemory({ filter, clock: systemClock, log: log.write }, path)
      await memory.start()
      await memory.stop()
      expect(log.lines[0]).toContain(path)
      expect(await readFile(`${path}.bad`)).toEqual(damaged)
      expect(await readFile(path)).toEqual(whole)
    }
  })

  test('a key is refused by its name, and never replaced', { timeout: 120_000 }, async () => {
    const dataDir = await newFolder()
    const name = await nameOfNode(dataDir)
    const path = join(dataDir, KEY_NAME)
    const whole = await readFile(path)
    for (const damaged of of(whole)) {
      await writeFile(path, damaged)
      await expect(loadIdentity(dataDir)).rejects.toMatchObject({ code: 'ERR_KEY_MALFORMED' })
      expect(await readFile(path)).toEqual(damaged)
    }
    await writeFile(path, whole)
    expect(await nameOfNode(dataDir)).toBe(name)
  })
})

describe('a folder in the place of a file', () => {
  const inPlaceOf = async (path: string): Promise<void> => {
    await mkdir(join(path, 'full'), { recursive: true })
  }

  test('a checkpoint: it stays, and the one before is gone on from', async () => {
    const folder = new CheckpointFolder(checkpointFolder(await newFolder(), JOB_ID), { keep: 3 })
    await folder.write(sample(1))
    const path = join(folder.path, '00000002-round-2.ckpt')
    await inPlaceOf(path)
    const log = new Log()
    const going = { choice: 'auto', folder, jobId: JOB_ID, budget: {}, emit: () => undefined, log: log.write } as const
    expect(await goOn(going, (state) => state?.round)).toBe(1)
    expect(log.lines[0]).toMatch(/not a file/)
    expect((await stat(path)).isDirectory()).toBe(true)
  })

  test('a ledger: the node does not start, as it must not write its log anew', async () => {
    const dataDir = await newFolder()
    await inPlaceOf(journalPath(dataDir, JOB_ID))
    await expect(openJournal(dataDir, JOB_ID, new Log().write)).rejects.toMatchObject({ code: 'ERR_JOURNAL_UNUSABLE' })
  })

  test("a filter's memory: it stays, and the filter begins afresh and goes on", async () => {
    const path = join(await newFolder(), 'filters', 'a.state')
    await inPlaceOf(path)
    const log = new Log()
    const memory = new FilterMemory({ filter: newFilter(), clock: systemClock, log: log.write }, path)
    await memory.start()
    await memory.stop()
    expect(log.lines[0]).toMatch(/begins? afresh|starts afresh/)
    expect(await readdir(dirname(path))).toEqual(['a.state'])
  })

  test('a key', async () => {
    const dataDir = await newFolder()
    await inPlaceOf(join(dataDir, KEY_NAME))
    await expect(loadIdentity(dataDir)).rejects.toMatchObject({ code: 'ERR_KEY_UNREADABLE' })
  })
})
