import { Writable } from 'node:stream'
import { type Logger, multistream, pino, type StreamEntry } from 'pino'
import type { Log, LogOf, LogScope } from '../../interface/log.ts'
import { type LogLevels, passes, type Threshold, withLevel } from './levels.ts'
import { LogFile } from './log-file.ts'
import { textLine } from './text-line.ts'

export type LogFormat = 'auto' | 'text' | 'json'

export interface LogBookInit {
  levels: LogLevels
  /** `auto`: text on a terminal, JSON otherwise. */
  format: LogFormat
  /** Appended to, in JSON, besides standard error. */
  file?: string | undefined
  /** Days before this one whose files are kept. @default 0: all days are in one file */
  keepDays?: number
  /** Unix time in ms. @default Date.now */
  now?: () => number
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
  readonly #destinations = new Set<Destination>()
  #levels: LogLevels
  #dropped = 0
  #triesLeft = Number.POSITIVE_INFINITY
  #isClosed = false

  /** @throws {CodedError} ERR_LOG_FILE */
  constructor({ levels, format, file, keepDays = 0, now = Date.now, out }: LogBookInit) {
    this.#levels = levels
    const streams: StreamEntry[] = [
      { level: 'debug', stream: out === undefined ? this.#stderr(format) : sinkOf(format, out) }
    ]
    if (file !== undefined) {
      const onTrouble = (what: string, reason: string): void => this.of('node')('warn', what, { file, reason })
      const write = (fd: number): Destination => this.#open(fd)
      streams.push({ level: 'debug', stream: new LogFile({ path: file, keepDays, now, write, onTrouble }) })
    }
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
    for (const destination of this.#destinations) {
      this.#destinations.delete(destination)
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
    this.#destinations.add(destination)
    destination.on('close', () => this.#destinations.delete(destination))

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
