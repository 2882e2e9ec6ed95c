import { mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { CheckpointFolder, checkpointFolder } from '../../../src/store/checkpoint/folder.ts'
import { readCheckpoint } from '../../../src/store/checkpoint/read.ts'
import { JOB_ID, newFolder, sample } from './sample.ts'

// a listing can be made to fail
vi.mock('node:fs/promises', { spy: true })

async function opened(keep = 3): Promise<CheckpointFolder> {
  return new CheckpointFolder(checkpointFolder(await newFolder(), JOB_ID), { keep })
}

const namesIn = async ({ path }: CheckpointFolder): Promise<string[]> => (await readdir(path)).sort()

describe('a folder of checkpoints', () => {
  test('keeps the newest, whatever their rounds, and lists them newest first', async () => {
    const folder = await opened()
    expect(await folder.list()).toEqual([])
    for (const round of [7, 9, 12, 5, 6]) await folder.write(sample(round))

    expect(await namesIn(folder)).toEqual(['00000003-round-12.ckpt', '00000004-round-5.ckpt', '00000005-round-6.ckpt'])
    const files = await folder.list()
    expect(files.map(({ number, round }) => [number, round])).toEqual([
      [5, 6],
      [4, 5],
      [3, 12]
    ])
    expect((await readCheckpoint(files[0]!.path)).state.round).toBe(6)
  })

  test('what is put aside is not listed, not counted, not lost at once, and its number not used again', async () => {
    const folder = await opened(2)
    for (const round of [1, 2]) await folder.write(sample(round))
    const [newest, older] = await folder.list()
    expect(await folder.setAside(newest!)).toBe(`${newest!.path}.bad`)
    expect(await folder.list()).toEqual([older])
    const { number, tooMany } = await folder.write(sample(2))
    expect([number, tooMany]).toEqual([3, 0])

    expect(await namesIn(folder)).toEqual([
      '00000001-round-1.ckpt',
      '00000002-round-2.ckpt.bad',
      '00000003-round-2.ckpt'
    ])
    for (const round of [3, 4, 5]) {
      await folder.write(sample(round))
      await folder.setAside((await folder.list())[0]!)
    }
    await folder.write(sample(6))
    expect((await namesIn(folder)).filter((name) => name.endsWith('.bad'))).toHaveLength(2)
  })

  test('other files are left alone, but drafts of crashes are swept', async () => {
    const folder = await opened(1)
    await folder.write(sample(1))
    const draft = '00000002-round-2.ckpt.01234567-89ab-cdef-0123-456789abcdef.draft'
    for (const name of [draft, 'notes.txt', '1-round-1.ckpt']) await writeFile(join(folder.path, name), '')
    expect(await folder.sweep()).toBe(1)
    for (const round of [2, 3]) await folder.write(sample(round))

    expect(await namesIn(folder)).toEqual(['00000003-round-3.ckpt', '1-round-1.ckpt', 'notes.txt'])
  })

  test('one that can not be written leaves those that are there', async () => {
    const folder = await opened()
    await rm(folder.path, { recursive: true, force: true })
    await mkdir(join(folder.path, '..'), { recursive: true })
    await writeFile(folder.path, 'a file in its place')
    await expect(folder.write(sample())).rejects.toMatchObject({ code: 'ERR_CHECKPOINT_UNWRITABLE' })
    await expect(folder.list()).rejects.toMatchObject({
      code: 'ERR_CHECKPOINT_UNREADABLE',
      details: { reason: 'ENOTDIR' }
    })
    await rm(folder.path)
    await folder.write(sample())

    expect(await namesIn(folder)).toEqual(['00000001-round-42.ckpt'])
  })

  test('a folder that can not be listed for a moment costs no checkpoint', async () => {
    const first = await opened(2)
    for (const round of [1, 2, 3]) await first.write(sample(round))
    const folder = new CheckpointFolder(first.path, { keep: 2 })
    vi.mocked(readdir).mockRejectedValueOnce(new Error('EMFILE'))
    const { path } = await folder.write(sample(4)) // it can't know that there are others
    expect(await namesIn(folder)).toContain(basename(path))

    expect(await folder.write(sample(5))).toMatchObject({ number: 4 })
    vi.mocked(readdir).mockRejectedValueOnce(new Error('EMFILE'))
    expect(await folder.write(sample(6))).toMatchObject({ number: 5 })
    expect((await folder.list()).map(({ round }) => round)).toEqual([6, 5])
  })

  test('old ones that can not be removed are told of, and do no harm', async () => {
    const folder = await opened(1)
    await folder.write(sample(1))
    await rm((await folder.list())[0]!.path)
    await mkdir(join(folder.path, '00000001-round-1.ckpt', 'full'), { recursive: true })

    expect(await folder.write(sample(2))).toMatchObject({ number: 2, tooMany: 1 })
  })
})
