import { createHash } from 'node:crypto'
import { createWriteStream, type WriteStream } from 'node:fs'
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { finished } from 'node:stream/promises'
import { stringify } from 'yaml'
import { CodedError, InvalidConfigError } from '../../interface/errors.ts'
import type { Job } from '../../node/job.ts'
import type { SimulationEvent, SimulationSpec } from '../../node/simulation-types.ts'
import type { Versions } from '../../node/versions.ts'

/** The folder that a run leaves behind: enough to understand it, and to do it again. */
export class RunFolder {
  readonly path: string
  readonly #events: WriteStream
  readonly #hash = createHash('sha256')
  /** The disk is full, say: the run goes on, and the end says so. */
  failure: Error | undefined

  private constructor(path: string) {
    this.path = path
    this.#events = createWriteStream(join(path, 'events.jsonl'))
    this.#events.on('error', (error) => {
      this.failure ??= error
    })
  }

  /**
   * @throws {InvalidConfigError} when the folder has something in it: runs never overwrite each other
   * @throws {CodedError} ERR_RUN_FOLDER when it can't be made
   */
  static async create(path: string): Promise<RunFolder> {
    try {
      await mkdir(path, { recursive: true })
      if ((await readdir(path)).length > 0) {
        throw new InvalidConfigError(`--out ${path}: the folder is not empty; name a new one`)
      }
    } catch (cause) {
      throw cause instanceof CodedError ? cause : unusable(path, cause)
    }

    return new RunFolder(path)
  }

  nodeFolder(index: number): string {
    return join(this.path, 'nodes', `${index}`)
  }

  get jobPath(): string {
    return join(this.path, 'job.yaml')
  }

  /** @throws {CodedError} ERR_RUN_FOLDER when it can't be written to */
  async begin(job: Job, versions: Versions, simulation?: SimulationSpec): Promise<void> {
    try {
      await writeFile(this.jobPath, stringify(job))
      await this.#write('versions.json', { seed: job.seed, ...versions })
      if (simulation !== undefined) await this.#write('sim.json', simulation)
    } catch (cause) {
      throw unusable(this.path, cause)
    }
  }

  /** Appends one event; `node` is the index of the node that it is about. */
  event(
    seconds: number,
    node: number,
    event: SimulationEvent | { event: `process:${string}`; [detail: string]: unknown }
  ): void {
    if (this.failure !== undefined) return
    const line = `${JSON.stringify({ seconds: Number(seconds.toFixed(3)), node, ...event })}\n`
    this.#hash.update(line)
    this.#events.write(line)
  }

  /** SHA-256 of events.jsonl as it is now, in hex; undefined when it could not be written. */
  eventsSha256(): string | undefined {
    return this.failure === undefined ? this.#hash.copy().digest('hex') : undefined
  }

  async finish(summary: unknown, report: string): Promise<void> {
    await this.closeEvents()
    try {
      await this.#write('summary.json', summary)
      await writeFile(join(this.path, 'report.html'), report)
    } catch (error) {
      this.failure ??= error as Error
    }
  }

  async closeEvents(): Promise<void> {
    if (this.#events.destroyed) return
    this.#events.end()
    await finished(this.#events).catch((error: Error) => {
      this.failure ??= error
    })
  }

  #write(name: string, content: unknown): Promise<void> {
    return writeFile(join(this.path, name), `${JSON.stringify(content, withoutInfinity, 2)}\n`)
  }
}

/** A folder of its own for each run, named so that they sort by time. */
export function defaultFolder(seed: number, kind = ''): string {
  const time = new Date().toISOString().slice(0, 19).replaceAll(':', '-')

  return join('runs', `${time}${kind}-seed-${seed}`)
}

/** JSON has no infinity and would write null: a bandwidth without limit says so. */
function withoutInfinity(_key: string, value: unknown): unknown {
  return value === Number.POSITIVE_INFINITY ? 'unlimited' : value
}

function unusable(path: string, cause: unknown): CodedError {
  return new CodedError('ERR_RUN_FOLDER', `--out ${path}: ${(cause as Error).message}`, {}, { cause })
}
