import { createInterface } from 'node:readline'
import { Recoverable } from 'node:repl'
import type { Readable, Writable } from 'node:stream'
import { CodedError } from '../../interface/errors.ts'
import type { Control } from '../attach/control.ts'
import { clip } from '../tables/printable.ts'
import { createApi } from './api.ts'
import { callable } from './callable.ts'
import { Drawings } from './drawings.ts'
import { Evaluator } from './evaluator.ts'
import { InFlight } from './in-flight.ts'
import { describeFailure } from './words.ts'
import { createWriter } from './writer.ts'

export interface ScriptInit {
  control: Control
  canWrite: boolean
  /** JSON in place of tables. */
  json: boolean
  output: Writable
}

/** Prints what each piece of code comes to; the first that fails ends it. Rejects with ERR_REPL_EXPRESSION, or the node's error. */
export async function evaluateAll(codes: readonly string[], init: ScriptInit): Promise<void> {
  const script = new Script(init)
  try {
    for (const code of codes) await script.run(code)
  } finally {
    script.close()
  }
}

/** The same for lines from a pipe; a statement may take several. */
export async function evaluateLines(input: Readable, init: ScriptInit): Promise<void> {
  const script = new Script(init)
  let unfinished = ''
  try {
    for await (const line of createInterface({ input })) {
      unfinished += `${line}\n`
      if (await script.runIfComplete(unfinished)) unfinished = ''
    }
    if (unfinished.trim() !== '') await script.run(unfinished)
  } finally {
    script.close()
  }
}

class Script {
  readonly #evaluator: Evaluator
  readonly #output: Writable
  readonly #text: (value: unknown) => string

  constructor({ control, canWrite, json, output }: ScriptInit) {
    const drawings = new Drawings()
    const api = createApi({ control, drawings, inFlight: new InFlight(), canWrite })
    this.#evaluator = new Evaluator({
      ...api,
      watch: callable('watch', noWatch),
      unwatch: callable('unwatch', noWatch)
    })
    this.#output = output
    this.#text = json ? toJson : createWriter(drawings, { colors: false })
  }

  async run(code: string): Promise<void> {
    try {
      this.#print(await this.#evaluator.evaluate(code))
    } catch (error) {
      throw error instanceof CodedError ? error : expressionFailed(code, error)
    }
  }

  /** @returns false when more lines are needed: nothing has been run */
  async runIfComplete(code: string): Promise<boolean> {
    try {
      await this.run(code)

      return true
    } catch (error) {
      if (error instanceof CodedError && error.cause instanceof Recoverable) return false
      throw error
    }
  }

  close(): void {
    this.#evaluator.close()
  }

  #print(value: unknown): void {
    if (value !== undefined) this.#output.write(`${this.#text(value)}\n`)
  }
}

async function noWatch(): Promise<never> {
  throw new CodedError('ERR_REPL_EXPRESSION', 'watch prints above a prompt; in scripts, use starling events --follow')
}

function toJson(value: unknown): string {
  const text: string | undefined = JSON.stringify(value)
  if (text === undefined) throw new TypeError(`a ${typeof value} is no JSON`)

  return text
}

function expressionFailed(code: string, cause: unknown): CodedError {
  const why = describeFailure(cause instanceof Recoverable ? cause.err : cause)

  return new CodedError('ERR_REPL_EXPRESSION', `${why}, in ${clip(code.trim(), 60)}`, {}, { cause })
}
