import { type ChildProcess, spawn } from 'node:child_process'
import { createWriteStream, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { NodeEvent } from '../../src/node/events.ts'
import { judgeLook } from './judge/looks.ts'
import { type Life, newLife } from './life.ts'
import { lookAt } from './look.ts'

export interface DaemonInit {
  node: number
  jobPath: string
  /** Its data folder; its log is beside it. */
  folder: string
  /** Flags of `starling node`. */
  flags: readonly string[]
  env: NodeJS.ProcessEnv
  /** Seconds of the run. */
  now: () => number
}

const PROGRAM = fileURLToPath(new URL('../../bin/starling.js', import.meta.url))
/** Enough of the end of a log to say why a process ended. */
const MAX_LAST_LINES = 20

/** `starling node` with one data folder: a process at a time, and the record of each that it had. */
export class Daemon {
  readonly lives: Life[] = []
  /** Multiaddrs that it was last reachable at. */
  addresses: readonly string[] = []
  /** Of all its processes. */
  readonly ports = new Set<number>()
  /** What it wrote last on standard error. */
  readonly lastLines: string[] = []
  readonly #init: DaemonInit
  #process: ChildProcess | undefined
  #isLookedAt = false

  constructor(init: DaemonInit) {
    this.#init = init
  }

  get node(): number {
    return this.#init.node
  }

  get folder(): string {
    return this.#init.folder
  }

  /** Of the process that is there now. */
  get life(): Life | undefined {
    const life = this.lives.at(-1)

    return life?.end === undefined ? life : undefined
  }

  get isPaused(): boolean {
    return this.life?.pauses.some(({ toSeconds }) => toSeconds === undefined) ?? false
  }

  start(join: readonly string[]): void {
    const { node, jobPath, folder, flags, env, now } = this.#init
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    const args = ['node', jobPath, '--data-dir', folder, ...flags, ...join.flatMap((to) => ['--join', to])]
    // A group of its own, or a Ctrl-C for the soak would reach it too; standard input is our hold on it: it ends with us.
    const child = spawn(process.execPath, [PROGRAM, ...args], { env, detached: true, stdio: 'pipe' })
    const life = newLife(node, child.pid ?? 0, now())
    this.#process = child
    this.lives.push(life)
    this.#listen(child, life)
  }

  pause(): void {
    const { life } = this
    if (life === undefined || this.isPaused) return
    this.#process?.kill('SIGSTOP')
    life.pauses.push({ fromSeconds: this.#init.now(), toSeconds: undefined })
  }

  resume(): void {
    const pause = this.life?.pauses.at(-1)
    if (pause === undefined || pause.toSeconds !== undefined) return
    this.#process?.kill('SIGCONT')
    pause.toSeconds = this.#init.now()
  }

  crash(): void {
    this.#end('crash', 'SIGKILL')
  }

  leave(): void {
    this.resume()
    this.#end('leave', 'SIGTERM')
  }

  /** What does not stop when asked to. */
  kill(): void {
    this.#process?.kill('SIGKILL')
  }

  /** Looks into the node as its owner would, unless it is not ready or was looked at and has not answered yet. */
  async look(): Promise<void> {
    const { life } = this
    if (life?.readySeconds === undefined || this.isPaused || this.#isLookedAt) return
    this.#isLookedAt = true
    const look = await lookAt(life, this.#init.folder, this.#init.now)
    this.#isLookedAt = false
    life.looks++
    life.findings.push(...judgeLook(life, look))
  }

  #end(kind: 'crash' | 'leave', signal: 'SIGKILL' | 'SIGTERM'): void {
    const { life } = this
    if (life === undefined || life.order !== undefined) return
    life.order = { kind, seconds: this.#init.now() }
    this.#process?.kill(signal)
  }

  #listen(child: ChildProcess, life: Life): void {
    const { folder, now } = this.#init
    const log = createWriteStream(join(folder, '..', `node-${this.node}.log`), { flags: 'a' })
    child.stdin?.on('error', () => undefined) // it died first
    child.stderr?.pipe(log)
    createInterface({ input: child.stderr! }).on('line', (line) => {
      this.lastLines.push(line)
      if (this.lastLines.length > MAX_LAST_LINES) this.lastLines.shift()
    })
    createInterface({ input: child.stdout! }).on('line', (line) => this.#onLine(line, life))
    child.on('error', () => undefined) // "close" comes as well
    child.on('close', (code, signal) => {
      life.end = { seconds: now(), code, signal }
    })
  }

  #onLine(line: string, life: Life): void {
    const event = parseEvent(line)
    if (event?.event === 'node:ready') {
      life.readySeconds = this.#init.now()
      this.addresses = event.addresses
      for (const address of event.addresses) this.ports.add(Number(/\/tcp\/(\d+)/.exec(address)?.[1]))
    }
    if (event?.event === 'round:ended' || event?.event === 'model:aggregated') {
      if (event.round > (life.growth.at(-1)?.round ?? -1)) {
        life.growth.push({ seconds: this.#init.now(), round: event.round })
      }
    }
  }
}

function parseEvent(line: string): NodeEvent | undefined {
  try {
    const event = JSON.parse(line) as NodeEvent
    return typeof event?.event === 'string' ? event : undefined
  } catch {
    return undefined // a library that prints
  }
}
