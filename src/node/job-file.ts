import { type Job, type JobInput, resolveJob } from './job.ts'
import { pinStart } from './job-start.ts'
import { readYamlFile } from './yaml-file.ts'

/** No job needs more; a wrong path may lead to a file of any size. */
const MAX_JOB_BYTES = 65_536

/** A job as its file says it, unchecked, and where in the file each key is. */
export interface WrittenJob {
  readonly input: JobInput
  /** `job.yaml:3`, for what is wrong with the key there. */
  readonly placeOf: (keys: readonly PropertyKey[]) => string
}

/**
 * Reads a job from a YAML (or JSON) file.
 *
 * @throws {CodedError} ERR_JOB_UNREADABLE, ERR_WEIGHTS_UNREADABLE; {InvalidConfigError} ERR_CONFIG_INVALID with the line
 */
export async function readJob(path: string): Promise<Job> {
  const { input, placeOf } = await readWrittenJob(path)

  return resolveJob(input, placeOf)
}

/** As {@link readJob}, without checking keys or filling in defaults: for flags to be laid over. A start file is hashed. */
export async function readWrittenJob(path: string): Promise<WrittenJob> {
  const { value, lineOf } = await readYamlFile(path, {
    what: 'job file',
    maxBytes: MAX_JOB_BYTES,
    unreadable: 'ERR_JOB_UNREADABLE'
  })

  return { input: await pinStart(value as JobInput), placeOf: (keys) => `${path}:${lineOf(keys)}` }
}
