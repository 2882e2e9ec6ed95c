import { existsSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { DataError } from './data-error.ts'
import { fileNames, type IdxPart, IMAGE_SETS, type ImageSetName, isImageSetName } from './image-catalogue.ts'

/** What of the process decides where data is looked for; passed in, so that tests can choose it. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
}

const DEBIAN_DATASETS = '/usr/share/datasets'

/**
 * Folders where the set `name` may be, best first: $STARLING_DATA, the user's
 * data directory (XDG), Debian's data sets, and `../shared/data` beside the
 * repository that the working directory is in.
 */
export function dataDirectories(name: ImageSetName, { env, cwd }: Surroundings): string[] {
  const folders: string[] = []
  const own = env['STARLING_DATA']

  if (own) {
    const folder = resolve(cwd, own)
    folders.push(join(folder, name))
    // the variable may name the set's own folder; all sets share file names, so not one that belongs to another
    if (!isImageSetName(basename(folder)) || basename(folder) === name) folders.push(folder)
  }

  const userData = env['XDG_DATA_HOME'] || (env['HOME'] ? join(env['HOME'], '.local', 'share') : undefined)
  if (userData) folders.push(join(userData, 'starling', 'data', name))
  folders.push(join(DEBIAN_DATASETS, name), join(dirname(repositoryRoot(cwd)), 'shared', 'data', name))

  return folders
}

/**
 * Finds the files of an image set.
 *
 * @returns the path of each part, from one folder
 * @throws {DataError} ERR_DATA_NOT_FOUND with every folder looked in, the file names and where to download them
 */
export function locateImageSet(name: ImageSetName, surroundings: Surroundings): Map<IdxPart, string> {
  const parts: readonly IdxPart[] = IMAGE_SETS[name].parts
  const folders = dataDirectories(name, surroundings)

  for (const folder of folders) {
    const found = findParts(folder, parts)
    if (found.size === parts.length) return found
  }

  const looked = folders.map((folder) => `${folder} (${whatIsThere(folder, parts)})`)
  throw new DataError('ERR_DATA_NOT_FOUND', {
    where: name,
    problem: `no complete copy of this data set found. Looked in ${looked.join(', ')}`,
    remedy:
      `Download ${parts.map((part) => fileNames(part)[0]).join(', ')} (.gz will do) ` +
      `from ${IMAGE_SETS[name].addresses.join(' or ')}, ` +
      `then set STARLING_DATA to the folder that holds "${name}", or use idx:FOLDER`,
    details: { set: name, folders: folders.length }
  })
}

/** The parts that `folder` has; unpacked files first, as they load faster. */
export function findParts(folder: string, parts: readonly IdxPart[]): Map<IdxPart, string> {
  const found = new Map<IdxPart, string>()
  for (const part of parts) {
    const path = fileNames(part)
      .map((file) => join(folder, file))
      .find((candidate) => existsSync(candidate))
    if (path !== undefined) found.set(part, path)
  }

  return found
}

function whatIsThere(folder: string, parts: readonly IdxPart[]): string {
  if (!existsSync(folder)) return 'no such folder'

  const found = findParts(folder, parts)
  const missing = parts.filter((part) => !found.has(part))

  return found.size === 0 ? 'none of the files' : `missing ${missing.join(', ')}`
}

/** The nearest folder above `cwd` with a `.git`, or else with a `package.json`, or else `cwd`. */
function repositoryRoot(cwd: string): string {
  return nearestWith('.git', cwd) ?? nearestWith('package.json', cwd) ?? resolve(cwd)
}

function nearestWith(entry: string, from: string): string | undefined {
  for (let folder = resolve(from); ; folder = dirname(folder)) {
    if (existsSync(join(folder, entry))) return folder
    if (folder === dirname(folder)) return undefined
  }
}
