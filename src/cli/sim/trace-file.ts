import { closeSync, openSync, writeSync } from 'node:fs'
import { CodedError } from '../../interface/errors.ts'

/** Written in pieces of this many characters: a call of the system for each line would be most of the work. */
const PIECE = 65_536

/**
 * Lines of JSON, written at once and in order: a simulation makes them faster than a stream would be drained, and the
 * rest would pile up in memory.
 */
export class TraceFile {
  readonly #path: string
  readonly #file: number
  #piece = ''

  /** @throws {CodedError} ERR_RUN_FOLDER when it can't be made */
  constructor(path: string) {
    this.#path = path
    this.#file = this.#guarded(() => openSync(path, 'w'))
  }

  /** @throws {CodedError} ERR_RUN_FOLDER when the disk is full, say */
  write(line: object): void {
    this.#piece += `${JSON.stringify(line)}\n`
    if (this.#piece.length >= PIECE) this.#flush()
  }

  close(): void {
    try {
      this.#flush()
    } finally {
      closeSync(this.#file)
    }
  }

  #flush(): void {
    const piece = Buffer.from(this.#piece)
    this.#piece = ''
    // one call may write less than it was given
    for (let done = 0; done < piece.length; ) {
      const from = done
      done += this.#guarded(() => writeSync(this.#file, piece, from))
    }
  }

  #guarded<T>(work: () => T): T {
    try {
      return work()
    } catch (cause) {
      throw new CodedError('ERR_RUN_FOLDER', `--trace ${this.#path}: ${(cause as Error).message}`, {}, { cause })
    }
  }
}
