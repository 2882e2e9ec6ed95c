import { mkdir, rmdir, stat } from 'node:fs/promises'
import { dirname } from 'node:path'

/**
 * Makes a folder and those above it that are not there. (Node's `recursive` never comes back from where the system knows
 * the parent and says that there is none, as Linux does below /proc.)
 *
 * @param mode - of those that are made
 * @throws the system's error; EEXIST where a file has that name
 */
export async function makeFolder(folder: string, mode = 0o777): Promise<void> {
  const failure = await tryMake(folder, mode)
  if (failure === undefined) return
  if (failure.code !== 'ENOENT' || dirname(folder) === folder) throw failure

  await makeFolder(dirname(folder), mode)
  const again = await tryMake(folder, mode)
  if (again !== undefined) throw again
}

/** Whether {@link makeFolder} would succeed, leaving nothing behind. @throws as it does */
export async function tryFolder(folder: string): Promise<void> {
  const failure = await tryMake(folder, 0o700, () => rmdir(folder).catch(() => undefined)) // unless somebody uses it already
  if (failure === undefined) return
  if (failure.code !== 'ENOENT' || dirname(folder) === folder) throw failure

  const parent = dirname(folder)
  if (await isFolder(parent)) throw failure
  await tryFolder(parent)
}

/** Undefined when it is there in the end. */
async function tryMake(
  folder: string,
  mode: number,
  afterwards: () => Promise<void> = async () => undefined
): Promise<NodeJS.ErrnoException | undefined> {
  try {
    await mkdir(folder, { mode })
    await afterwards()
    return undefined
  } catch (error) {
    const failure = error as NodeJS.ErrnoException

    return failure.code === 'EEXIST' && (await isFolder(folder)) ? undefined : failure
  }
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false
  )
}
