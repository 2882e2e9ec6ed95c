import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { makeFolder, tryFolder } from '../../src/store/make-folder.ts'

function emptyFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'starling-folder-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))

  return folder
}

describe('makeFolder', () => {
  test('makes all that is missing, with its mode, and is content with what is there', async () => {
    const path = join(emptyFolder(), 'a', 'b', 'c')
    await makeFolder(path, 0o700)
    await makeFolder(path, 0o700)

    expect(statSync(path).mode & 0o777).toBe(0o700)
    expect(statSync(join(path, '..')).mode & 0o777).toBe(0o700)
  })

  test('a file in the way is named as such', async () => {
    const path = join(emptyFolder(), 'file')
    writeFileSync(path, '')

    await expect(makeFolder(path)).rejects.toMatchObject({ code: 'EEXIST' })
    await expect(makeFolder(join(path, 'below'))).rejects.toMatchObject({ code: 'ENOTDIR' })
  })

  test.runIf(process.platform === 'linux')('where the system makes no folders it ends, and says so', async () => {
    await expect(makeFolder('/proc/starling/data')).rejects.toMatchObject({ code: 'ENOENT' })
    await expect(tryFolder('/proc/starling/data')).rejects.toMatchObject({ code: 'ENOENT' })
  })
})

test('tryFolder leaves nothing behind', async () => {
  const folder = emptyFolder()
  await tryFolder(join(folder, 'a', 'b'))

  expect(await readdir(folder)).toEqual([])
})
