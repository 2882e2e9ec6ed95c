import { readdir, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { CheckpointError } from '../../interface/checkpoint-error.ts'
import { setAside, sweepDrafts, writeWhole } from '../whole-file.ts'
import type { Checkpoint } from './checkpoint.ts'
import { encodeCheckpoint } from './encode.ts'

/** A checkpoint by its name. */
export interface CheckpointFile {
  readonly path: string
  /** Counts them from 1: the highest is the newest. */
  readonly number: number
  readonly round: number
}

/** `00000017-round-420.ckpt`; `.bad` behind it when it was put aside. */
const NAME = /^(\d{8})-round-(\d{1,16})\.ckpt(\.bad)?$/
const MAX_NUMBER = 99_999_999
/** Job ids are long enough to tell a node's jobs apart. */
const ID_CHARS = 16

/** Where a node keeps the checkpoints of a job. */
export function checkpointFolder(dataDir: string, jobId: string): string {
  return join(checkpointsFolder(dataDir), jobId.slice(0, ID_CHARS))
}

/** Where it keeps those of all jobs, a folder each. */
export function checkpointsFolder(dataDir: string): string {
  return join(dataDir, 'checkpoints')
}

/**
 * The checkpoints of one node and job: one file each, written whole or not at all. One process writes to it at a time.
 */
export class CheckpointFolder {
  readonly path: string
  readonly #keep: number
  readonly #spared = new Set<string>()
  /** Of the last one written here: a folder that can't be listed for a moment is not an empty one. */
  #lastNumber = 0

  /** @param keep - the newest so many stay, and as many that were put aside */
  constructor(path: string, { keep }: { keep: number }) {
    this.path = path
    this.#keep = keep
  }

  /** Newest first; empty when there is no folder. @throws {CheckpointError} ERR_CHECKPOINT_UNREADABLE */
  async list(): Promise<CheckpointFile[]> {
    return (await this.#files()).flatMap(({ isBad, ...file }) => (isBad ? [] : file))
  }

  /**
   * Writes the next one, and removes those that are too old. Reads the vectors of its state until it settles.
   *
   * @returns `tooMany`: old ones that could not be removed
   * @throws {CheckpointError} ERR_CHECKPOINT_UNWRITABLE; what was there is still there
   */
  async write(checkpoint: Checkpoint): Promise<CheckpointFile & { bytes: number; tooMany: number }> {
    const { round } = checkpoint.state
    const files = await this.#files().catch(() => [])
    const number = Math.min(MAX_NUMBER, Math.max(this.#lastNumber, files[0]?.number ?? 0) + 1)
    const path = join(this.path, nameOf(number, round))
    const { bytes, pieces } = encodeCheckpoint(checkpoint)
    try {
      await writeWhole(path, pieces())
    } catch (cause) {
      throw unwritable(path, cause)
    }

    this.#lastNumber = number

    return { path, number, round, bytes, tooMany: await this.#prune(path) }
  }

  /** @returns where it is now. @throws the system's error */
  setAside({ path }: CheckpointFile): Promise<string> {
    return setAside(path)
  }

  /** It may be good, and could not be read: it stays, however old it gets while this process runs. */
  spare({ path }: CheckpointFile): void {
    this.#spared.add(path)
  }

  /** Removes what crashes have left half written. */
  sweep(): Promise<number> {
    return sweepDrafts(this.path)
  }

  /** Good ones and those put aside are counted apart. @param written - stays, whatever its number */
  async #prune(written: string): Promise<number> {
    const files = (await this.#files().catch(() => [])).filter(({ path }) => !this.#spared.has(path))
    const old = [true, false]
      .flatMap((isBad) => files.filter((file) => file.isBad === isBad).slice(this.#keep))
      .filter(({ path }) => path !== written)
    const results = await Promise.allSettled(old.map(({ path }) => unlink(path)))

    return results.filter(({ status }) => status === 'rejected').length
  }

  async #files(): Promise<(CheckpointFile & { isBad: boolean })[]> {
    const files = (await this.#names()).flatMap((name) => {
      const [, number, round, bad] = NAME.exec(name) ?? []
      if (number === undefined) return []

      return { path: join(this.path, name), number: Number(number), round: Number(round), isBad: bad !== undefined }
    })

    return files.sort((a, b) => b.number - a.number || b.round - a.round)
  }

  async #names(): Promise<string[]> {
    try {
      return await readdir(this.path)
    } catch (cause) {
      const { code = 'unknown', message } = cause as NodeJS.ErrnoException
      if (code === 'ENOENT') return []
      throw new CheckpointError('ERR_CHECKPOINT_UNREADABLE', `${this.path}: ${message}`, { reason: code }, { cause })
    }
  }
}

function nameOf(number: number, round: number): string {
  const digits = `${number}`.padStart(8, '0')

  return `${digits}-round-${round}.ckpt`
}

function unwritable(path: string, cause: unknown): CheckpointError {
  const { code = 'unknown', message } = cause as NodeJS.ErrnoException

  return new CheckpointError('ERR_CHECKPOINT_UNWRITABLE', `${path}: ${message}`, { reason: code }, { cause })
}
