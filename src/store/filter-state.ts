import { randomUUID } from 'node:crypto'
import { mkdir, open, readFile, rename, stat, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { syncFolder } from './sync-folder.ts'

/** More than the largest memory that any filter has. */
const MAX_STATE_BYTES = 1024 * 1024 * 1024

/** Where a node keeps what its filter remembers of a job's peers. */
export function filterStatePath(dataDir: string, jobId: string): string {
  return join(dataDir, 'filters', `${jobId}.state`)
}

/**
 * What was saved last; undefined when nothing was.
 *
 * @throws the system's error when the file can't be read, RangeError when it is far too large
 */
export async function readFilterState(path: string): Promise<Uint8Array | undefined> {
  try {
    const { size } = await stat(path)
    if (size > MAX_STATE_BYTES) throw new RangeError(`${path}: ${size} bytes, not a state of a filter`)

    return await readFile(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** All or nothing, also through a crash: a draft is made whole on disk, and then takes the place of the last one. */
export async function writeFilterState(path: string, bytes: Uint8Array): Promise<void> {
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
 * @returns where it is now
 */
export async function setFilterStateAside(path: string): Promise<string> {
  const aside = `${path}.bad`
  await rename(path, aside)

  return aside
}
