import { execFile, execFileSync, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, vi } from 'vitest'

const run = promisify(execFile)

export const hasTmux = spawnSync('tmux', ['-V']).error === undefined

export interface TerminalInit {
  /** Where the terminal's own socket goes, and where the shell starts. */
  folder: string
  env: Record<string, string>
  columns: number
  rows: number
}

/** How long the slowest command may take on a machine that is busy with other tests. */
const PATIENCE_MS = 60_000

/** A shell in a real terminal, typed at and looked at as a person does: by tmux. */
export class Terminal {
  readonly #socket: string
  /** What each line of the shell's begins with. */
  readonly shell = '$ '

  constructor({ folder, env, columns, rows }: TerminalInit) {
    this.#socket = join(folder, 'tmux')
    const size = ['-x', String(columns), '-y', String(rows)]
    const shell = ['bash', '--noprofile', '--norc', '-i']
    // a server of its own, with no settings of the person who runs the tests
    const start = ['-S', this.#socket, '-f', '/dev/null', 'new-session', '-d', ...size, ...shell]
    execFileSync('tmux', start, { cwd: folder, env: { PS1: this.shell, TERM: 'xterm-256color', ...env } })
    execFileSync('tmux', ['-S', this.#socket, 'set-option', '-g', 'history-limit', '5000'])
  }

  /** Presses keys by their names (`Enter`, `Tab`, `C-c`), or types text. */
  async press(...keys: string[]): Promise<void> {
    await this.#tmux('send-keys', '-t', '0', ...keys)
  }

  async type(text: string): Promise<void> {
    // nothing to type is an error to tmux
    if (text !== '') await this.#tmux('send-keys', '-t', '0', '-l', '--', text)
  }

  /** Everything since the last `clear`, without the empty lines at its end. */
  async screen(): Promise<string> {
    // -J: what the terminal has wrapped is one line again
    const text = await this.#tmux('capture-pane', '-p', '-J', '-S', '-', '-t', '0')

    return text
      .split('\n')
      .map((line) => line.trimEnd())
      .join('\n')
      .trimEnd()
  }

  /** Types a line, and waits until it has been answered: until the prompt is there again. */
  async enter(line: string, prompt: string): Promise<void> {
    await this.type(line)
    const before = promptsOn(await this.screen(), prompt)
    await this.press('Enter')
    await this.until((screen) => {
      expect(promptsOn(screen, prompt), screen).toBeGreaterThan(before)
      expect(screen.split('\n').at(-1)).toBe(prompt.trimEnd())
    })
  }

  /** Waits until the screen passes. */
  async until(check: RegExp | ((screen: string) => void)): Promise<string> {
    let screen = ''
    await vi.waitFor(
      async () => {
        screen = await this.screen()
        if (check instanceof RegExp) expect(screen).toMatch(check)
        else check(screen)
      },
      { timeout: PATIENCE_MS, interval: 40 }
    )

    return screen
  }

  /** An empty screen, with the shell's prompt at its top. */
  async clear(): Promise<void> {
    await this.press('C-l')
    await this.until((screen) => expect(screen.split('\n').at(-1)).toBe(this.shell.trimEnd()))
    await this.#tmux('clear-history', '-t', '0')
  }

  close(): void {
    spawnSync('tmux', ['-S', this.#socket, 'kill-server'])
  }

  async #tmux(...args: readonly string[]): Promise<string> {
    return (await run('tmux', ['-S', this.#socket, ...args])).stdout
  }
}

function promptsOn(screen: string, prompt: string): number {
  return screen.split('\n').filter((line) => line.startsWith(prompt.trimEnd())).length
}
