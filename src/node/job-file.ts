import { readFile } from 'node:fs/promises'
import { parseDocument } from 'yaml'
import { CodedError, InvalidConfigError } from '../interface/errors.ts'
import { type Job, type JobInput, resolveJob } from './job.ts'
import { pinStart } from './job-start.ts'

/** No job needs more; a wrong path may lead to a file of any size. */
const MAX_JOB_BYTES = 65_536

/**
 * Reads a job from a YAML (or JSON) file.
 *
 * @throws {CodedError} ERR_JOB_UNREADABLE, ERR_WEIGHTS_UNREADABLE; {InvalidConfigError} ERR_CONFIG_INVALID with the line
 */
export async function readJob(path: string): Promise<Job> {
  return resolveJob(await readJobInput(path), path)
}

/** As {@link readJob}, without checking keys or filling in defaults: for flags to be laid over. A start file is hashed. */
export async function readJobInput(path: string): Promise<JobInput> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (cause) {
    const reason =
      (cause as NodeJS.ErrnoException).code === 'ENOENT' ? 'there is no such file' : (cause as Error).message
    throw new CodedError('ERR_JOB_UNREADABLE', `job file ${path}: ${reason}`, {}, { cause })
  }
  if (text.length > MAX_JOB_BYTES) {
    throw new InvalidConfigError(`${path}: ${text.length} bytes, more than any job needs (${MAX_JOB_BYTES})`)
  }
  const document = parseDocument(text)
  const [error] = document.errors
  if (error !== undefined) throw new InvalidConfigError(`${path}: not YAML: ${error.message.split('\n')[0]}`)

  return pinStart(document.toJS() as JobInput)
}
