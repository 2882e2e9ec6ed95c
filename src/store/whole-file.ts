import { randomUUID } from 'node:crypto'
import { link, open, readdir, rename, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { makeFolder } from './make-folder.ts'
import { syncFolder } from './sync-folder.ts'

/** All of a file's bytes, or one piece after another. */
export type Content = Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>

export interface WriteWholeOptions {
  /** `never`: fails with EEXIST when there is a file of this name. @default 'replace' */
  over?: 'replace' | 'never'
  /** For anybody's eyes, in a folder that is there: as the user's own programs write. @default false: mode 0600 in a folder of mode 0700, made if need be */
  isPublic?: boolean
}

const PRIVATE_FILE = 0o600
const PRIVATE_FOLDER = 0o700
/** What the user's mask makes of it. */
const PUBLIC_FILE = 0o666
const DRAFT = /\.[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}\.draft$/

/**
 * Writes a file all or nothing, also through a crash: a draft is made whole on disk, and then takes its name.
 *
 * @throws the system's error, or what `content` throws; what was there before is still there, and no draft
 */
export async function writeWhole(path: string, content: Content, options: WriteWholeOptions = {}): Promise<void> {
  const { over = 'replace', isPublic = false } = options
  const folder = dirname(path)
  if (!isPublic) await makeFolder(folder, PRIVATE_FOLDER)
  const draft = `${path}.${randomUUID()}.draft`
  try {
    await writeSynced(draft, content, isPublic ? PUBLIC_FILE : PRIVATE_FILE)
    await (over === 'replace' ? rename(draft, path) : link(draft, path))
  } catch (error) {
    await unlink(draft).catch(() => undefined)
    throw error
  }
  if (over === 'never') await unlink(draft)
  await syncFolder(folder)
}

async function writeSynced(path: string, content: Content, mode: number): Promise<void> {
  const file = await open(path, 'wx', mode)
  try {
    await file.writeFile(content)
    await file.sync()
  } finally {
    await file.close()
  }
}

/**
 * Removes the drafts that crashes have left in a folder which nobody else writes to. What can't be removed stays.
 *
 * @param of - only those of the file of this name
 * @returns how many are gone
 */
export async function sweepDrafts(folder: string, of = ''): Promise<number> {
  const names = await readdir(folder).catch((): string[] => [])
  const drafts = names.filter((name) => DRAFT.test(name) && name.startsWith(of))
  const results = await Promise.allSettled(drafts.map((name) => unlink(join(folder, name))))

  return results.filter(({ status }) => status === 'fulfilled').length
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
