import { join } from 'node:path'
import { CodedError } from '../interface/errors.ts'
import type { Peer } from '../interface/network.ts'
import { describeSystemError } from '../interface/system-error.ts'
import { writeWhole } from '../store/whole-file.ts'
import { KEY_NAME, knownNameOf, nameOfNode } from './identity.ts'
import { jobTemplate } from './job-template.ts'

/**
 * Writes a commented job where there is no file yet.
 *
 * @returns false when there was one, which is left as it is
 * @throws {CodedError} ERR_JOB_UNWRITABLE
 */
export async function writeJobTemplate(path: string): Promise<boolean> {
  const text = jobTemplate()
  try {
    await writeWhole(path, Buffer.from(text), { over: 'never', isPublic: true })

    return true
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    if (code === 'EEXIST') return false
    const reason = code === 'ENOENT' ? 'its directory is not there: make it first' : describeSystemError(cause)
    throw new CodedError('ERR_JOB_UNWRITABLE', `job file ${path}: ${reason}`, {}, { cause })
  }
}

export interface NodeKey {
  readonly path: string
  readonly peer: Peer
  /** False when it was there before. */
  readonly isNew: boolean
}

/** Makes the key of a data directory, unless it has one. @throws {CodedError} ERR_KEY_* */
export async function ensureKey(dataDir: string): Promise<NodeKey> {
  const known = await knownNameOf(dataDir)

  return { path: join(dataDir, KEY_NAME), peer: known ?? (await nameOfNode(dataDir)), isNew: known === undefined }
}
