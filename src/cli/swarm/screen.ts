import { clearScreenDown, cursorTo, moveCursor } from 'node:readline'
import type { WriteStream } from 'node:tty'

/** A few lines at the bottom of a terminal that are drawn over and over. */
export class Screen {
  readonly #out: WriteStream
  #lines = 0

  constructor(out: WriteStream) {
    this.#out = out
  }

  draw(lines: readonly string[]): void {
    // more lines than the terminal has could not be drawn over
    const shown = lines.slice(0, Math.max(1, (this.#out.rows ?? 24) - 1))
    this.clear()
    this.#out.write(`${shown.join('\n')}\n`)
    this.#lines = shown.length
  }

  clear(): void {
    if (this.#lines === 0) return

    moveCursor(this.#out, 0, -this.#lines)
    cursorTo(this.#out, 0)
    clearScreenDown(this.#out)
    this.#lines = 0
  }
}
