import type { Job } from './job.ts'
import { resolveJob } from './job.ts'
import { readWrittenJob } from './job-file.ts'
import { valueAt } from './value-at.ts'

/** A value of a job, and where it comes from. */
export interface DescribedKey {
  /** `learner.topology` */
  readonly key: string
  readonly value: string
  readonly origin: string
}

/**
 * Every value of a job, the defaults among them.
 *
 * @throws as {@link readWrittenJob} and {@link resolveJob}
 */
export async function describeJobFile(path: string): Promise<{ job: Job; keys: DescribedKey[] }> {
  const { input, placeOf } = await readWrittenJob(path)
  const job = resolveJob(input, placeOf)
  const keys = leavesOf(job, []).map(([keys, value]) => ({
    key: keys.join('.'),
    value: typeof value === 'string' ? value : JSON.stringify(value),
    origin: valueAt(input, keys) === undefined ? 'default' : `file ${placeOf(keys)}`
  }))

  return { job, keys }
}

function leavesOf(value: unknown, path: readonly string[]): [readonly string[], unknown][] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [[path, value]]

  return Object.entries(value).flatMap(([key, child]) => leavesOf(child, [...path, key]))
}
