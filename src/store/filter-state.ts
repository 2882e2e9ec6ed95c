import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'

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
