import { type REPLServer, start } from 'node:repl'
import { PassThrough } from 'node:stream'
import type { Api } from './api.ts'
import { equip } from './context.ts'

/**
 * Evaluates code as the prompt does, without one: for scripts. Names that one piece of code declares the next one has.
 */
export class Evaluator {
  readonly #server: REPLServer
  #onError: (error: unknown) => void = () => undefined

  constructor(api: Api) {
    this.#server = start({
      prompt: '',
      input: new PassThrough(),
      output: new PassThrough().resume(),
      terminal: false,
      // a REPL prints what was thrown, by way of its writer
      writer: (error: unknown) => {
        this.#onError(error)
        return ''
      }
    })
    equip(this.#server, api, (expression) => expression())
  }

  /** What the code comes to; rejects with what it throws, with a SyntaxError, or with Recoverable when its end is missing. */
  evaluate(code: string): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#onError = reject
      this.#server.eval(`${code}\n`, this.#server.context, 'eval', (error, value) => {
        if (error === null) resolve(value)
        else reject(error)
      })
    })
  }

  close(): void {
    this.#server.close()
  }
}
