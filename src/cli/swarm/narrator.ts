import type { WriteStream } from 'node:tty'
import { formatBar } from '../format.ts'
import { type ProgressInput, progressLine, progressLines } from './progress.ts'
import { Screen } from './screen.ts'

export interface NarratorInit {
  quiet: boolean
  out: WriteStream
}

/** Screens a second on a terminal, at most; more only flickers. */
const SCREEN_MS = 100
/** Seconds between lines where there is no terminal. */
const LINE_MS = 2000

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

  update(input: Omit<ProgressInput, 'width'>): void {
    if (this.#tooSoon(input.progress >= 1)) return

    if (this.#screen === undefined) this.#init.out.write(`${progressLine(input)}\n`)
    else this.#draw(progressLines({ ...input, width: this.#init.out.columns ?? 80 }))
  }

  /** Leaves the screen as it is and starts another part of the run. */
  begin(text: string): void {
    this.#last = []
    this.end()
    this.note(text)
  }

  bar(fraction: number): void {
    if (this.#tooSoon(fraction >= 1)) return

    const percent = `${Math.floor(fraction * 100)} %`
    if (this.#screen === undefined) this.#init.out.write(`${percent.padStart(5)}\n`)
    else this.#draw([`${formatBar(fraction, 30)} ${percent}`])
  }

  end(): void {
    this.#screen?.clear()
    this.#last = []
    this.#nextMs = 0
  }

  #draw(lines: string[]): void {
    this.#last = lines
    this.#screen?.draw(lines)
  }

  #tooSoon(last: boolean): boolean {
    if (this.#init.quiet) return true

    const now = performance.now()
    if (now < this.#nextMs && !(last && this.#screen !== undefined)) return true
    this.#nextMs = now + (this.#screen === undefined ? LINE_MS : SCREEN_MS)

    return false
  }
}
