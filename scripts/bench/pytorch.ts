import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const PYTHON = '/usr/bin/python3'
const SCRIPT = fileURLToPath(new URL('train-pytorch.py', import.meta.url))

/** PyTorch in a process of its own, which sleeps while it is not asked for steps. */
export class PyTorch {
  readonly version: string
  readonly #child: ChildProcess
  readonly #lines: AsyncIterator<string>

  private constructor(version: string, child: ChildProcess, lines: AsyncIterator<string>) {
    this.version = version
    this.#child = child
    this.#lines = lines
  }

  /** Undefined where the system's Python has no PyTorch. */
  static async start(threads: number): Promise<PyTorch | undefined> {
    if (!existsSync(PYTHON)) return undefined

    const env: NodeJS.ProcessEnv = { ...process.env, OMP_NUM_THREADS: String(threads) }
    delete env['OPENBLAS_CORETYPE'] // a wrong one halves its speed
    const child = spawn(PYTHON, [SCRIPT, String(threads)], { env, stdio: ['pipe', 'pipe', 'ignore'] })
    const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]()
    const first = await lines.next()

    return first.done === true ? undefined : new PyTorch(first.value, child, lines)
  }

  /** Milliseconds that `steps` steps of the named model took. */
  async train(model: string, steps: number): Promise<number> {
    this.#child.stdin!.write(`${model} ${steps}\n`)
    const answer = await this.#lines.next()
    if (answer.done === true) throw new Error('PyTorch ended early')

    return Number.parseFloat(answer.value)
  }

  async stop(): Promise<void> {
    this.#child.stdin!.end()
    if (this.#child.exitCode === null) await once(this.#child, 'exit')
  }
}
