import { mkdir, readFile, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { CheckpointError } from '../../src/interface/checkpoint-error.ts'
import type { LearnerState } from '../../src/interface/rest.ts'
import type { NodeEvent } from '../../src/node/events.ts'
import { goOn, type ResumeChoice } from '../../src/node/going-on.ts'
import { CheckpointFolder, checkpointFolder } from '../../src/store/checkpoint/folder.ts'
import { JOB_ID, newFolder, sample } from '../store/checkpoint/sample.ts'

/** Checkpoints of rounds 1, 2, 3. */
async function setUp() {
  const folder = new CheckpointFolder(checkpointFolder(await newFolder(), JOB_ID), { keep: 3 })
  for (const round of [1, 2, 3]) await folder.write(sample(round))
  const files = await folder.list()

  return { ...beginningIn(folder), folder, paths: files.map(({ path }) => path) as [string, string, string] }
}

function beginningIn(folder: CheckpointFolder) {
  const events: NodeEvent[] = []
  const warnings: string[] = []
  const begin = (
    choice: ResumeChoice = 'auto',
    create: (state?: LearnerState) => number | undefined = (state) => state?.round
  ): Promise<number | undefined> =>
    goOn(
      {
        choice,
        folder,
        jobId: JOB_ID,
        budget: { rounds: 3 },
        emit: (event) => events.push(event),
        log: (level, message) => level === 'warn' && warnings.push(message)
      },
      create
    )

  return { events, warnings, begin }
}

const spoil = async (path: string): Promise<void> => {
  const bytes = await readFile(path)
  bytes[bytes.length - 40]! ^= 1
  await writeFile(path, bytes)
}

describe('auto', () => {
  test('goes on from the newest', async () => {
    const { begin, events, paths } = await setUp()
    expect(await begin()).toBe(3)
    expect(events).toEqual([
      expect.objectContaining({ event: 'node:resumed', path: paths[0], round: 3, steps: 30, isSpent: true })
    ])
  })

  test('names a spoilt one, puts it aside, and goes on from the one before', async () => {
    const { begin, events, warnings, paths, folder } = await setUp()
    await spoil(paths[0])
    await truncate(paths[1], 100)
    expect(await begin()).toBe(1)
    expect(events).toMatchObject([
      { event: 'checkpoint:refused', code: 'ERR_CHECKPOINT_HASH', path: paths[0], aside: `${paths[0]}.bad` },
      { event: 'checkpoint:refused', code: 'ERR_CHECKPOINT_TORN', path: paths[1], aside: `${paths[1]}.bad` },
      { event: 'node:resumed', round: 1, isSpent: false }
    ])
    expect(warnings).toHaveLength(2)
    expect(warnings[0]).toContain(paths[0])
    expect((await folder.list()).map(({ round }) => round)).toEqual([1])
    // and at the next start there is nothing left to tell
    events.length = 0
    expect(await begin()).toBe(1)
    expect(events.map(({ event }) => event)).toEqual(['node:resumed'])
  })

  test('so with a state that the learner can not go on from', async () => {
    const { begin, events } = await setUp()
    const create = (state?: LearnerState): number | undefined => {
      if (state?.round === 3) throw new CheckpointError('ERR_CHECKPOINT_DIM', 'of another model')
      return state?.round
    }
    expect(await begin('auto', create)).toBe(2)
    expect(events).toMatchObject([{ code: 'ERR_CHECKPOINT_DIM' }, { event: 'node:resumed' }])
  })

  test('a mistake of the program is no fault of the checkpoint', async () => {
    const { begin, folder } = await setUp()
    const create = (): never => {
      throw new TypeError('a mistake')
    }
    await expect(begin('auto', create)).rejects.toThrow('a mistake')
    expect(await folder.list()).toHaveLength(3)
  })

  test('begins afresh when none is good, and says so', async () => {
    const { begin, paths, warnings, events } = await setUp()
    for (const path of paths) await writeFile(path, '')
    expect(await begin()).toBeUndefined()
    expect(warnings.at(-1)).toMatch(/begins afresh/)
    expect(events.filter(({ event }) => event === 'checkpoint:refused')).toHaveLength(3)
  })

  test('what can not be read stays where it is, also when new ones come', async () => {
    const { begin, folder, events } = await setUp()
    const newest = join(folder.path, '00000004-round-4.ckpt')
    await mkdir(newest) // reading it fails, for root too
    expect(await begin()).toBe(3)
    expect(events[0]).toMatchObject({ event: 'checkpoint:refused', code: 'ERR_CHECKPOINT_UNREADABLE', path: newest })
    expect(events[0]).not.toHaveProperty('aside')
    for (const round of [5, 6, 7, 8]) await folder.write(sample(round))
    expect((await folder.list()).map(({ round }) => round)).toEqual([8, 7, 6, 4])
  })

  test('what a later version of the program has written stays for it', async () => {
    const { begin, folder, events, paths } = await setUp()
    const bytes = await readFile(paths[0])
    await writeFile(paths[0], bytes.fill(2, 4, 5))
    expect(await begin()).toBe(2)
    expect(events[0]).toMatchObject({ event: 'checkpoint:refused', code: 'ERR_CHECKPOINT_VERSION', path: paths[0] })
    for (const round of [4, 5, 6]) await folder.write(sample(round))
    expect((await folder.list()).map(({ round }) => round)).toEqual([6, 5, 4, 3])
  })

  test('a folder that can not be read is told of, and the node begins', async () => {
    const path = join(await newFolder(), 'a-file')
    await writeFile(path, '')
    const { begin, events } = beginningIn(new CheckpointFolder(path, { keep: 3 }))
    expect(await begin()).toBeUndefined()
    expect(events).toMatchObject([{ event: 'checkpoint:refused', code: 'ERR_CHECKPOINT_UNREADABLE' }])
  })
})

test('never begins afresh, and touches nothing', async () => {
  const { begin, folder, events, paths } = await setUp()
  await spoil(paths[0])
  expect(await begin('never')).toBeUndefined()
  expect(events).toEqual([])
  expect(await folder.list()).toHaveLength(3)
})

describe('a certain one', () => {
  test('is gone on from', async () => {
    const { begin, paths } = await setUp()
    expect(await begin({ path: paths[2] })).toBe(1)
  })

  test('or the node does not begin at all', async () => {
    const { begin, paths } = await setUp()
    await spoil(paths[2])
    await expect(begin({ path: paths[2] })).rejects.toMatchObject({ code: 'ERR_CHECKPOINT_HASH' })
    await expect(begin({ path: `${paths[2]}x` })).rejects.toMatchObject({ code: 'ERR_CHECKPOINT_NONE' })
    const create = (state?: LearnerState): number => {
      throw new CheckpointError('ERR_CHECKPOINT_DIM', `round ${state?.round}`)
    }
    await expect(begin({ path: paths[1] }, create)).rejects.toMatchObject({ code: 'ERR_CHECKPOINT_DIM' })
  })
})
