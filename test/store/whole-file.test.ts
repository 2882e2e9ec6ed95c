import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { sweepDrafts, writeWhole } from '../../src/store/whole-file.ts'

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'starling-whole-'))
  onTestFinished(() => rm(folder, { recursive: true }))

  return folder
}

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values)

test.each([
  { id: 'bytes', content: bytes(1, 2, 3) },
  { id: 'parts', content: [bytes(1), bytes(), bytes(2, 3)] },
  {
    id: 'parts that take a while',
    content: (async function* () {
      yield bytes(1, 2)
      yield bytes(3)
    })()
  }
])('a file of $id', async ({ content }) => {
  const folder = await newFolder()
  await writeWhole(join(folder, 'a'), content)

  expect([...(await readFile(join(folder, 'a')))]).toEqual([1, 2, 3])
  expect(await readdir(folder)).toEqual(['a'])
})

test('what fails half way leaves what was there, and no draft', async () => {
  const folder = await newFolder()
  const path = join(folder, 'a')
  await writeWhole(path, bytes(7))
  const torn = (function* () {
    yield bytes(1)
    throw new Error('half way')
  })()
  await expect(writeWhole(path, torn)).rejects.toThrow('half way')

  expect([...(await readFile(path))]).toEqual([7])
  expect(await readdir(folder)).toEqual(['a'])
})

test('never over another: the one that was there stays', async () => {
  const folder = await newFolder()
  const path = join(folder, 'a')
  await writeWhole(path, bytes(7), { over: 'never' })
  await expect(writeWhole(path, bytes(8), { over: 'never' })).rejects.toMatchObject({ code: 'EEXIST' })

  expect([...(await readFile(path))]).toEqual([7])
  expect(await readdir(folder)).toEqual(['a'])
})

test.skipIf(process.platform === 'win32')('is private, unless it is for others', async () => {
  const folder = await newFolder()
  const mask = process.umask(0o022)
  onTestFinished(() => void process.umask(mask))
  await writeWhole(join(folder, 'own', 'a'), bytes(1))
  await writeWhole(join(folder, 'b'), bytes(1), { isPublic: true })
  const modeOf = async (name: string) => ((await stat(join(folder, name))).mode & 0o777).toString(8)

  expect(await Promise.all(['own', 'own/a', 'b'].map(modeOf))).toEqual(['700', '600', '644'])
  await expect(writeWhole(join(folder, 'absent', 'b'), bytes(1), { isPublic: true })).rejects.toMatchObject({
    code: 'ENOENT'
  })
})

test('drafts of crashes are swept, and nothing else', async () => {
  const folder = await newFolder()
  const draft = 'key.01234567-89ab-cdef-0123-456789abcdef.draft'
  for (const name of [draft, draft.replace('key', 'other'), 'my.draft', 'key']) await writeFile(join(folder, name), '')
  await mkdir(join(folder, draft.replace('key', 'folder')))
  expect(await sweepDrafts(folder, 'key')).toBe(1)
  expect(await sweepDrafts(folder)).toBe(1)

  expect((await readdir(folder)).sort()).toEqual([draft.replace('key', 'folder'), 'key', 'my.draft'])
  expect(await sweepDrafts(join(folder, 'absent'))).toBe(0)
})
