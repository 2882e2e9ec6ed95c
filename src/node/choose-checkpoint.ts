import { readCheckpoint } from '../store/checkpoint/read.ts'
import { type Job, jobId } from './job.ts'
import { type FoundCheckpoint, findCheckpoint } from './kept-checkpoint.ts'

export interface CheckpointChoice {
  /** Of which it must be; any when absent. */
  job?: Job | undefined
  /** This one. */
  path?: string | undefined
  /** Or the newest good one in there. */
  dataDir: string
}

/** What a person who names a checkpoint, a folder or a job means. @throws {CheckpointError} ERR_CHECKPOINT_* */
export async function chooseCheckpoint({ job, path, dataDir }: CheckpointChoice): Promise<FoundCheckpoint> {
  const id = job === undefined ? undefined : jobId(job)
  if (path === undefined) return findCheckpoint({ dataDir, jobId: id })

  return { path, checkpoint: await readCheckpoint(path, { jobId: id }), passed: [] }
}
