import { appendFileSync, chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'

/** Lines kept. */
export const MAX_HISTORY_LINES = 1000
const PRIVATE_FILE = 0o600
const PRIVATE_FOLDER = 0o700

/** Where lines typed at the prompt are kept. */
export function historyPath(env: NodeJS.ProcessEnv = process.env): string {
  // the specification has relative paths ignored
  const state = env['XDG_STATE_HOME']?.startsWith('/') === true ? env['XDG_STATE_HOME'] : undefined

  return join(state ?? join(homedir(), '.local', 'state'), 'starling', 'repl-history')
}

/**
 * Lines of earlier prompts, on a file that only its owner can read. Lines are added at the end, so that prompts side by
 * side don't write over each other's.
 */
export class History {
  readonly #path: string
  #newest: string | undefined
  #isBroken = false

  constructor(path: string) {
    this.#path = path
  }

  /** Newest first. Rejects nothing: without a history a prompt works too. */
  load(): string[] {
    try {
      mkdirSync(dirname(this.#path), { recursive: true, mode: PRIVATE_FOLDER })
      const lines = readLines(this.#path)
      const kept = lines.slice(-MAX_HISTORY_LINES)
      if (lines.length > 2 * MAX_HISTORY_LINES) this.#rewrite(kept)

      this.#newest = kept.at(-1)

      return kept.reverse()
    } catch {
      return []
    }
  }

  /** A line that is there already as the newest is not added. @returns why it could not be kept, the first time */
  add(line: string): string | undefined {
    if (this.#isBroken || line === this.#newest) return undefined
    this.#newest = line
    try {
      appendFileSync(this.#path, `${line}\n`, { mode: PRIVATE_FILE })
      chmodSync(this.#path, PRIVATE_FILE)

      return undefined
    } catch (error) {
      this.#isBroken = true

      return `history is not kept: ${(error as Error).message}`
    }
  }

  #rewrite(lines: readonly string[]): void {
    writeFileSync(this.#path, lines.map((line) => `${line}\n`).join(''), { mode: PRIVATE_FILE })
  }
}

function readLines(path: string): string[] {
  try {
    return readFileSync(path, 'utf8')
      .split('\n')
      .filter((line) => line.trim() !== '')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}
