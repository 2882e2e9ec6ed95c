import { constants, openSync } from 'node:fs'
import { access, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Writable } from 'node:stream'
import { type Logger, multistream, pino, type StreamEntry } from 'pino'
import { CodedError } from '../../interface/errors.ts'
import type { Log, LogOf, LogScope } from '../../interface/log.ts'
import { describeSystemError } from '../../interface/system-error.ts'
import { type LogLevels, passes, type Threshold, withLevel } from './levels.ts'
import { textLine } from './text-line.ts'

export type LogFormat = 'auto' | 'text' | 'json'

export interface LogBookInit {
  levels: LogLevels
  /** `auto`: text on a terminal, JSON otherwise. */
  format: LogFormat
  /** Appended to, in JSON, besides standard error. */
  file?: string | undefined
  /**
   * Where lines go instead of standard error.
   * @default standard error
   */
  out?: { write: (text: string) => void; isTerminal: boolean }
}

/** Unwritten lines of a file or pipe that nobody empties; beyond that they are dropped. */
const MAX_BACKLOG_BYTES = 1024 * 1024
/** At the end, so often, 0.1 s apart, a full pipe is tried again. */
const LAST_TRIES = 10
const STDERR = 2

type Destination = ReturnType<typeof pino.destination>

/** The log of one node: every part has its own, and levels change while it runs. */
export class LogBook {
  readonly #logger: Logger
  readonly #destinations: Destination[] = []
  #levels: LogLevels
  #dropped = 0
  #triesLeft = Number.POSITIVE_INFINITY
  #isClosed = false

  /** @throws {CodedError} ERR_LOG_FILE */
  constructor({ levels, format, file, out }: LogBookInit) {
    this.#levels = levels
    const streams: StreamEntry[] = [
      { level: 'debug', stream: out === undefined ? this.#stderr(format) : sinkOf(format, out) }
    ]
    if (file !== undefined) streams.push({ level: 'debug', stream: this.#open(openFile(file)) })
    this.#logger = pino(
      {
        level: 'debug',
        base: null,
        messageKey: 'message',
        timestamp: pino.stdTimeFunctions.isoTime,
        formatters: { level: (level) => ({ level }) }
      },
      multistream(streams)
    )
  }

  /** Lines that were lost because nobody read them. */
  get dropped(): number {
    return this.#dropped
  }

  get levels(): LogLevels {
    return this.#levels
  }

  /** @throws {InvalidConfigError} ERR_CONFIG_INVALID for a scope that is none */
  setLevel(scope: string, level: Threshold): void {
    this.#levels = withLevel(this.#levels, scope, level)
  }

  /** The log of one scope. */
  readonly of: LogOf = (scope: LogScope): Log => {
    return (level, message, fields) => {
      if (!this.#isClosed && passes(this.#levels, scope, level)) this.#logger[level]({ scope, ...fields }, message)
    }
  }

  /** Writes what is still to be written; what is logged from now on is not. Idempotent. */
  close(): void {
    this.#isClosed = true
    this.#triesLeft = LAST_TRIES
    for (const destination of this.#destinations.splice(0)) {
      try {
        destination.flushSync()
        destination.end()
      } catch {
        // a pipe that nobody reads any more
      }
    }
  }

  #stderr(format: LogFormat): Destination | Writable {
    const destination = this.#open(STDERR)
    const isTerminal = process.stderr.isTTY === true

    return isJson(format, isTerminal)
      ? destination
      : sinkOf('text', { write: (line) => destination.write(line), isTerminal })
  }

  #open(dest: number): Destination {
    const destination = pino.destination({
      dest,
      sync: false,
      maxLength: MAX_BACKLOG_BYTES,
      retryEAGAIN: () => this.#triesLeft-- > 0
    })
    destination.on('drop', () => {
      this.#dropped++
    })
    // a full disk or a reader that is gone: the node goes on without its log
    destination.on('error', () => {
      this.#dropped++
    })
    this.#destinations.push(destination)

    return destination
  }
}

function isJson(format: LogFormat, isTerminal: boolean): boolean {
  return format === 'json' || (format === 'auto' && !isTerminal)
}

function sinkOf(format: LogFormat, { write, isTerminal }: NonNullable<LogBookInit['out']>): Writable {
  const shown = (line: string): string => (isJson(format, isTerminal) ? line : textLine(line, { isTerminal }))

  return new Writable({
    decodeStrings: false,
    write: (line: string, _, done) => {
      write(shown(line))
      done()
    }
  })
}

/** Whether a log can be written there, touching nothing. @throws {CodedError} ERR_LOG_FILE */
export async function checkLogFile(path: string): Promise<void> {
  try {
    const file = await open(path, constants.O_WRONLY | constants.O_APPEND)
    await file.close()
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw logFileError(path, cause)
    await access(dirname(path), constants.W_OK).catch((missing: unknown) => {
      throw logFileError(path, missing)
    })
  }
}

function openFile(path: string): number {
  try {
    return openSync(path, 'a', 0o600)
  } catch (cause) {
    throw logFileError(path, cause)
  }
}

function logFileError(path: string, cause: unknown): CodedError {
  return new CodedError('ERR_LOG_FILE', `log file ${path}: ${describeSystemError(cause, 'directory')}`, {}, { cause })
}
