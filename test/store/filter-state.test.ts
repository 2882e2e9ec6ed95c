import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { filterStatePath, readFilterState } from '../../src/store/filter-state.ts'
import { setAside, writeWhole } from '../../src/store/whole-file.ts'

async function newPath(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'starling-filter-'))
  onTestFinished(() => rm(folder, { recursive: true }))

  return filterStatePath(folder, 'job')
}

test('what was written last is read', async () => {
  const path = await newPath()
  expect(await readFilterState(path)).toBeUndefined()
  await writeWhole(path, Uint8Array.of(1, 2))
  await writeWhole(path, Uint8Array.of(3))

  expect([...(await readFilterState(path))!]).toEqual([3])
  expect(await readdir(dirname(path))).toEqual(['job.state'])
})

test.skipIf(process.platform === 'win32')('only its owner may read it', async () => {
  const path = await newPath()
  await writeWhole(path, Uint8Array.of(1))

  expect((await stat(path)).mode & 0o777).toBe(0o600)
})

test('a write that fails leaves the last one, and no draft', async () => {
  const path = await newPath()
  await writeWhole(path, Uint8Array.of(7))
  // not bytes: the file system refuses it after the draft was opened
  await expect(writeWhole(path, {} as Uint8Array)).rejects.toThrow()

  expect([...(await readFile(path))]).toEqual([7])
  expect(await readdir(dirname(path))).toEqual(['job.state'])
})

test('what is put aside is kept, and makes room', async () => {
  const path = await newPath()
  await writeWhole(path, Uint8Array.of(7))
  const aside = await setAside(path)

  expect([...(await readFile(aside))]).toEqual([7])
  expect(await readFilterState(path)).toBeUndefined()
  await writeFile(path, 'again')
  expect(await setAside(path)).toBe(aside)
})
