import { randomUUID } from 'node:crypto'
import { mkdir, open, rename, unlink } from 'node:fs/promises'
import { dirname } from 'node:path'
import { syncFolder } from './sync-folder.ts'

/**
 * Writes a file all or nothing, also through a crash: a draft is made whole on disk, and then takes the place of the last
 * one. Mode 0600, in a folder of mode 0700.
 *
 * @throws the system's error; what was there before is still there
 */
export async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const draft = `${path}.${randomUUID()}.draft`
  try {
    const file = await open(draft, 'wx', 0o600)
    try {
      await file.writeFile(bytes)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(draft, path)
  } catch (error) {
    await unlink(draft).catch(() => undefined)
    throw error
  }
  await syncFolder(dirname(path))
}

/**
 * Puts a file aside that can't be used, for people to look at; one that was put aside before makes room.
 *
 * @returns where it is now
 */
export async function setAside(path: string): Promise<string> {
  const aside = `${path}.bad`
  await rename(path, aside)

  return aside
}
