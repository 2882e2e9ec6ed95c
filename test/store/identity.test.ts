import { chmod, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { loadOrCreateKey } from '../../src/store/identity.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'starling-identity-'))
})
afterEach(() => rm(folder, { recursive: true }))

const make = async () => Uint8Array.of(1, 2, 3)

test('makes a key once, for its owner only, and reads it afterwards', async () => {
  const path = join(folder, 'node', 'key')
  expect([...(await loadOrCreateKey(path, make))]).toEqual([1, 2, 3])
  expect((await stat(path)).mode & 0o777).toBe(0o600)
  const again = await loadOrCreateKey(path, async () => Uint8Array.of(9))
  expect([...again]).toEqual([1, 2, 3])
})

test('of two that start at once, one makes the key and the other fails; no draft stays', async () => {
  const path = join(folder, 'key')
  const results = await Promise.allSettled([1, 2].map((n) => loadOrCreateKey(path, async () => Uint8Array.of(n))))
  const made = results.flatMap((result) => (result.status === 'fulfilled' ? [[...result.value]] : []))
  expect([...(await loadOrCreateKey(path, make))]).toEqual(made[0])
  expect(await readdir(folder)).toEqual(['key'])
})

test('refuses a key that others can read', async () => {
  const path = join(folder, 'key')
  await writeFile(path, 'x')
  await chmod(path, 0o644)
  await expect(loadOrCreateKey(path, make)).rejects.toMatchObject({ code: 'ERR_KEY_EXPOSED', details: { mode: '644' } })
})

test('says what is wrong with a folder that cannot be written, and with a file that is no key', async () => {
  await expect(loadOrCreateKey(join('/dev/null', 'key'), make)).rejects.toMatchObject({ code: 'ERR_KEY_UNREADABLE' })
  const path = join(folder, 'big')
  await writeFile(path, new Uint8Array(5000), { mode: 0o600 })
  await expect(loadOrCreateKey(path, make)).rejects.toMatchObject({ code: 'ERR_KEY_UNREADABLE' })
})
