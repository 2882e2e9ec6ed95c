import { clearScreenDown, cursorTo, moveCursor } from 'node:readline'
import { type REPLServer, Recoverable } from 'node:repl'

/**
 * Knows whether the prompt is on the screen, and prints above it: what is being typed stays as it is, cursor included.
 */
export class PromptLine {
  readonly #server: REPLServer
  readonly #onDealtWith: () => void
  #isShown = true

  /** @param onDealtWith - called whenever a line has been evaluated or obeyed */
  constructor(server: REPLServer, onDealtWith: () => void) {
    this.#server = server
    this.#onDealtWith = onDealtWith
    this.#followEval()
    this.#followPrompt()
  }

  print(text: string): void {
    const rows = this.remove()
    // readline goes up as many rows as the line had before it draws it again
    this.#server.output.write(`${text}\n${'\n'.repeat(rows)}`)
    if (this.#isShown) this.#server.displayPrompt(true)
  }

  /** From the screen, until it is displayed again. @returns rows between its first and the cursor */
  remove(): number {
    if (!this.#isShown) return 0

    const { output } = this.#server
    const { rows } = this.#server.getCursorPos()
    moveCursor(output, 0, -rows)
    cursorTo(output, 0)
    clearScreenDown(output)

    return rows
  }

  #followEval(): void {
    const evaluate = this.#server.eval
    const followed: typeof evaluate = (code, context, file, done) => {
      this.#isShown = false
      evaluate.call(this.#server, code, context, file, (error, value) => {
        // an unfinished line goes on being typed
        if (error instanceof Recoverable) this.#isShown = true
        done(error, value)
      })
    }
    Object.assign(this.#server, { eval: followed })
  }

  #followPrompt(): void {
    const display = this.#server.displayPrompt
    const followed: typeof display = (preserveCursor) => {
      this.#isShown = true
      if (preserveCursor !== true) this.#onDealtWith()
      display.call(this.#server, preserveCursor)
    }
    Object.assign(this.#server, { displayPrompt: followed })
  }
}
