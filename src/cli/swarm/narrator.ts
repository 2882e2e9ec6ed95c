import type { WriteStream } from 'node:tty'
import { formatBar } from '../format.ts'
import { Screen } from './screen.ts'

export interface NarratorInit {
  quiet: boolean
  out: WriteStream
}

/** How a run stands, in the two forms that it can be shown in. */
export interface Standing {
  /** Of the run, 0 to 1. */
  progress: number
  /** For a terminal, where they are drawn over and over. */
  screen: () => string[]
  /** For a log. */
  line: () => string
}

/** Screens a second on a terminal, at most; more only flickers. */
const SCREEN_MS = 100
/** Seconds between lines where there is no terminal. */
const LINE_MS = 2000
/** Narrower terminals get lines that wrap. */
const NARROWEST = 20

/** Tells a person how a run goes: a screen on a terminal, now and then a line elsewhere, nothing when quiet. */
export class Narrator {
  readonly #init: NarratorInit
  readonly #screen: Screen | undefined
  #nextMs = 0
  #last: string[] = []

  constructor(init: NarratorInit) {
    this.#init = init
    this.#screen = init.out.isTTY && !init.quiet ? new Screen(init.out) : undefined
  }

  /** A line that stays. */
  note(text: string): void {
    if (this.#init.quiet) return

    this.#screen?.clear()
    this.#init.out.write(`${text}\n`)
    if (this.#last.length > 0) this.#screen?.draw(this.#last)
  }

  update({ progress, screen, line }: Standing): void {
    if (this.#tooSoon(progress >= 1)) return

    if (this.#screen === undefined) this.#init.out.write(`${line()}\n`)
    else this.#draw(screen())
  }

  /** Leaves the screen as it is and starts another part of the run. */
  begin(text: string): void {
    this.#last = []
    this.end()
    this.note(text)
  }

  bar(fraction: number): void {
    const percent = `${Math.floor(fraction * 100)} %`
    this.update({
      progress: fraction,
      screen: () => [`${formatBar(fraction, 30)} ${percent}`],
      line: () => percent.padStart(5)
    })
  }

  end(): void {
    this.#screen?.clear()
    this.#last = []
    this.#nextMs = 0
  }

  #draw(lines: readonly string[]): void {
    const width = Math.max(NARROWEST, (this.#init.out.columns ?? 80) - 1)
    this.#last = lines.map((line) => line.slice(0, width))
    this.#screen?.draw(this.#last)
  }

  #tooSoon(last: boolean): boolean {
    if (this.#init.quiet) return true

    const now = performance.now()
    if (now < this.#nextMs && !(last && this.#screen !== undefined)) return true
    this.#nextMs = now + (this.#screen === undefined ? LINE_MS : SCREEN_MS)

    return false
  }
}
