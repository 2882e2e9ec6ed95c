import { resolve } from 'node:path'
import { InvalidConfigError } from '../interface/errors.ts'
import type { Start } from '../train/engine/first-model.ts'
import { hashWeights } from '../train/weights-file.ts'
import type { Job } from './job.ts'

/** How people name a file of weights: in a job file, and with `--start`. */
const FILE_PREFIX = 'file:'

/**
 * Puts the SHA-256 of a start file into a job as people write it. The hash is what nodes agree on: the path differs from
 * machine to machine, and stays on this one.
 *
 * @throws {WeightsError} ERR_WEIGHTS_UNREADABLE
 */
export async function pinStart<J>(input: J): Promise<J> {
  const start = (input as { start?: unknown } | null)?.start
  if (typeof start !== 'string' || !start.startsWith(FILE_PREFIX)) return input

  const file = resolve(start.slice(FILE_PREFIX.length))
  return { ...input, start: { sha256: await hashWeights(file), file } }
}

/**
 * What a trainer of this job begins with.
 *
 * @throws {InvalidConfigError} when the job has the hash of a file, and not where it is
 */
export function startOf({ start }: Job): Start {
  if (typeof start === 'string') return start

  const { file, sha256 } = start
  if (file === undefined) {
    throw new InvalidConfigError(`start: the model with SHA-256 ${sha256} is needed: say where, with start: file:PATH`)
  }

  return { path: file, sha256 }
}
