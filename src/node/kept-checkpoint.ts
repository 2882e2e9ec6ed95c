import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { CheckpointError } from '../interface/checkpoint-error.ts'
import type { Checkpoint } from '../store/checkpoint/checkpoint.ts'
import { CheckpointFolder, checkpointFolder, checkpointsFolder } from '../store/checkpoint/folder.ts'
import { readCheckpoint } from '../store/checkpoint/read.ts'

export interface FoundCheckpoint {
  readonly path: string
  readonly checkpoint: Checkpoint
  /** Newer ones that could not be read, and why. */
  readonly passed: readonly CheckpointError[]
}

export interface CheckpointPlace {
  dataDir: string
  /** Of any job when absent. */
  jobId?: string | undefined
}

/**
 * The newest good checkpoint in a data directory, of a job or of any. Only looks: a node may be running there.
 *
 * @throws {CheckpointError} ERR_CHECKPOINT_NONE, ERR_CHECKPOINT_UNREADABLE; of the newest when none is good
 */
export async function findCheckpoint({ dataDir, jobId }: CheckpointPlace): Promise<FoundCheckpoint> {
  const folders = jobId === undefined ? await foldersIn(checkpointsFolder(dataDir)) : [checkpointFolder(dataDir, jobId)]
  const found: FoundCheckpoint[] = []
  const passed: CheckpointError[] = []
  for (const folder of folders) {
    const newest = await newestIn(folder, jobId)
    if (newest.checkpoint !== undefined) found.push({ ...newest, checkpoint: newest.checkpoint })
    passed.push(...newest.passed)
  }
  const [newest] = found.sort((a, b) => (a.checkpoint.savedAt < b.checkpoint.savedAt ? 1 : -1))
  if (newest !== undefined) return newest
  if (passed[0] !== undefined) throw passed[0]

  const what = jobId === undefined ? 'no checkpoint' : 'no checkpoint of this job'
  throw new CheckpointError('ERR_CHECKPOINT_NONE', `${dataDir}: ${what}: start a node on it, or check the path`)
}

async function newestIn(
  folder: string,
  jobId: string | undefined
): Promise<{ path: string; checkpoint: Checkpoint | undefined; passed: CheckpointError[] }> {
  const passed: CheckpointError[] = []
  for (const { path } of await new CheckpointFolder(folder, { keep: 1 }).list()) {
    try {
      return { path, checkpoint: await readCheckpoint(path, { jobId }), passed }
    } catch (error) {
      if (!(error instanceof CheckpointError)) throw error
      passed.push(error)
    }
  }

  return { path: folder, checkpoint: undefined, passed }
}

async function foldersIn(path: string): Promise<string[]> {
  try {
    const entries = await readdir(path, { withFileTypes: true })

    return entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(path, name))
  } catch (cause) {
    const { code = 'unknown', message } = cause as NodeJS.ErrnoException
    if (code === 'ENOENT') return []
    throw new CheckpointError('ERR_CHECKPOINT_UNREADABLE', `${path}: ${message}`, { reason: code }, { cause })
  }
}
