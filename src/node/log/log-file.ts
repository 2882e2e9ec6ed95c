import { constants, existsSync, fstatSync, openSync, readdirSync, renameSync, unlinkSync } from 'node:fs'
import { access, open } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { pino } from 'pino'
import { CodedError } from '../../interface/errors.ts'
import { describeSystemError } from '../../interface/system-error.ts'

type Destination = ReturnType<typeof pino.destination>

export interface LogFileInit {
  path: string
  /** Days before this one that are kept, each in a file of its own; 0 keeps all in one file for ever. */
  keepDays: number
  /** Unix time in ms. */
  now: () => number
  /** Writes to an open file. */
  write: (fd: number) => Destination
  /** A day could not be put away, and the log goes on in the same file; or old days could not be removed. */
  onTrouble: (what: string, reason: string) => void
}

const DAY_MS = 86_400_000
const DAY = /^\d{4}-\d\d-\d\d$/

/** A log in a file for each day, of UTC as the lines have it: `node.log` has today's, `node.log.2026-11-28` that day's. */
export class LogFile {
  readonly #init: LogFileInit
  #destination: Destination
  #day: string
  /** Unix time in ms at which the next day begins. */
  #untilMs: number

  /** @throws {CodedError} ERR_LOG_FILE */
  constructor(init: LogFileInit) {
    this.#init = init
    const nowMs = init.now()
    const fd = openFile(init.path)
    const { size, mtimeMs } = fstatSync(fd)
    // what a node left that did not run at midnight is of the day of its last line
    this.#day = dayOf(size > 0 ? mtimeMs : nowMs)
    this.#untilMs = size > 0 ? 0 : endOf(nowMs)
    this.#destination = init.write(fd)
  }

  write(line: string): void {
    const nowMs = this.#init.now()
    if (nowMs >= this.#untilMs) this.#turn(nowMs)
    this.#destination.write(line)
  }

  #turn(nowMs: number): void {
    const { path, keepDays, onTrouble } = this.#init
    const [day, today] = [this.#day, dayOf(nowMs)]
    this.#untilMs = endOf(nowMs)
    if (keepDays === 0 || day === today) return

    this.#day = today
    const attempt = (what: string, work: () => void): void => {
      try {
        work()
      } catch (error) {
        onTrouble(what, error instanceof CodedError ? error.message : describeSystemError(error, 'directory'))
      }
    }
    attempt('the log goes on in the file of the day before', () => this.#putAway(`${path}.${day}`))
    attempt('old log files stay', () => prune(path, keepDays))
  }

  #putAway(to: string): void {
    const { path, write } = this.#init
    // the clock was set back, or somebody has put a file there: no line is lost for it
    if (existsSync(to)) return

    const old = this.#destination
    renameSync(path, to)
    try {
      this.#destination = write(openFile(path))
    } catch (error) {
      renameSync(to, path) // where the lines still go
      throw error
    }
    old.end()
  }
}

function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10)
}

function endOf(ms: number): number {
  return (Math.floor(ms / DAY_MS) + 1) * DAY_MS
}

function prune(path: string, keepDays: number): void {
  const [folder, prefix] = [dirname(path), `${basename(path)}.`]
  const days = readdirSync(folder).filter((name) => name.startsWith(prefix) && DAY.test(name.slice(prefix.length)))
  for (const name of days.sort().slice(0, -keepDays)) unlinkSync(join(folder, name))
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
