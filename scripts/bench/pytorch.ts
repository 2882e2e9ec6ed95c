import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const PYTHON = '/usr/bin/python3'

/** PyTorch in a process of its own, which sleeps while it is not asked for anything. */
export class PyTorch {
  readonly version: string
  readonly #child: ChildProcess
  readonly #lines: AsyncIterator<string>

  private constructor(version: string, child: ChildProcess, lines: AsyncIterator<string>) {
    this.version = version
    this.#child = child
    this.#lines = lines
  }

  /**
   * Undefined where the system's Python has no PyTorch.
   *
   * @param script - beside this file; answers each line of {@link time} with milliseconds
   */
  static async start(script: string, threads: number): Promise<PyTorch | undefined> {
    if (!existsSync(PYTHON)) return undefined

    const env: NodeJS.ProcessEnv = { ...process.env, OMP_NUM_THREADS: String(threads) }
    delete env['OPENBLAS_CORETYPE'] // a wrong one halves its speed
    const child = spawn(PYTHON, [fileURLToPath(new URL(script, import.meta.url)), String(threads)], {
      env,
      stdio: ['pipe', 'pipe', 'ignore']
    })
    const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]()
    const first = await lines.next()

    return first.done === true ? undefined : new PyTorch(first.value, child, lines)
  }

  /** Milliseconds that it took to do a thing, which the script knows, `count` times. */
  async time(what: string, count: number): Promise<number> {
    this.#child.stdin!.write(`${what} ${count}\n`)
    const answer = await this.#lines.next()
    if (answer.done === true) throw new Error('PyTorch ended early')

    return Number.parseFloat(answer.value)
  }

  async stop(): Promise<void> {
    this.#child.stdin!.end()
    if (this.#child.exitCode === null) await once(this.#child, 'exit')
  }
}
