import { type ChildProcess, spawn } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Peer } from '../../interface/network.ts'
import type { NodeEvent } from '../../node/events.ts'
import { withoutSettings } from '../../node/settings/environment.ts'

export interface ChildInit {
  jobPath: string
  /** The node's data folder: key and log. */
  folder: string
  /** Its slice of the data. */
  index: number
  device: string
  threads: number
  awaitPeers: number
  join: readonly string[]
  /** Makes it a Byzantine node. */
  byzantine?: { attack: string; attackers: number; accomplices: readonly Peer[] } | undefined
  /** Where it writes its model at the end. */
  save?: string | undefined
  onEvent: (event: NodeEvent) => void
  /** Called once; `reason` says what ended it, `failed` whether that was a failure. */
  onExit: (exit: { failed: boolean; reason: string }) => void
}

/** From `src/cli/swarm` and from `dist/cli/swarm` alike. */
const PROGRAM = fileURLToPath(new URL('../../../bin/starling.js', import.meta.url))
const LOG_NAME = 'log.txt'
/** Long enough for a swarm of processes that share one slow machine to start. */
const AWAIT_SECONDS = 60
/** A local swarm is nobody else's business. */
const LISTEN = '/ip4/127.0.0.1/tcp/0'

/**
 * A node that runs for weeks gives back at once what it does not need (`low-memory.ts`), and asks for it again in the next
 * round. Those of a run of minutes keep it: where the system is slow to hand out memory, 20 rounds of eight nodes took
 * 31 s so, and 41 s otherwise. What the user has set counts.
 */
const ALLOCATOR = {
  MALLOC_ARENA_MAX: '2',
  MALLOC_MMAP_THRESHOLD_: `${32 * 1024 * 1024}`,
  MALLOC_TRIM_THRESHOLD_: `${1024 * 1024 * 1024}`
}

/**
 * Settings of this machine's own node, a port say, are not for each node of a swarm. Nor is the cache of compiled code
 * of a process with other flags of V8: whoever comes next would find it stale, and write all of it anew.
 */
function environment(): NodeJS.ProcessEnv {
  const { NODE_COMPILE_CACHE: _, ...rest } = process.env

  return { ...ALLOCATOR, ...withoutSettings(rest) }
}

/** A real `starling node` process of a local swarm. */
export class Child {
  readonly #process: ChildProcess
  #lastError = ''
  #ended = false

  private constructor(process: ChildProcess) {
    this.#process = process
  }

  static async spawn(init: ChildInit): Promise<Child> {
    await mkdir(init.folder, { recursive: true, mode: 0o700 })
    // A group of its own, or the terminal's Ctrl-C would reach it beside our own signal and count as the second one.
    // Its standard input is our hold on it: however we end, it sees the end of it and stops.
    const process_ = spawn(process.execPath, [PROGRAM, ...commandLine(init)], {
      detached: true,
      env: environment(),
      stdio: ['pipe', 'pipe', 'pipe']
    })
    const child = new Child(process_)
    child.#listen(process_, init)

    return child
  }

  get pid(): number | undefined {
    return this.#process.pid
  }

  /** Until its last line of output has come. */
  get running(): boolean {
    return !this.#ended
  }

  kill(signal: 'SIGTERM' | 'SIGKILL'): void {
    if (this.running) this.#process.kill(signal)
  }

  #listen(child: ChildProcess, init: ChildInit): void {
    const log = createWriteStream(join(init.folder, LOG_NAME))
    log.on('error', () => undefined) // a full disk must not end the swarm
    child.stdin?.on('error', () => undefined) // it died first
    child.stderr?.pipe(log)
    createInterface({ input: child.stderr! }).on('line', (line) => {
      this.#lastError = line
    })
    createInterface({ input: child.stdout! }).on('line', (line) => {
      const event = parseEvent(line)
      if (event !== undefined) init.onEvent(event)
    })
    const end = (failed: boolean, reason: string): void => {
      if (this.#ended) return
      this.#ended = true
      init.onExit({ failed, reason })
    }
    child.on('error', (error) => end(true, error.message))
    // "close" comes after the last line of output, "exit" may come before
    child.on('close', (code, signal) => {
      if (code === 0) end(false, 'finished')
      else if (signal !== null) end(true, `killed by ${signal}`)
      else end(true, this.#lastError === '' ? `exit code ${code}` : this.#lastError)
    })
  }
}

function commandLine(init: ChildInit): string[] {
  const { jobPath, folder, index, device, threads, awaitPeers, join: addresses, byzantine, save } = init
  const options = {
    slice: index,
    listen: LISTEN,
    device,
    threads,
    'await-peers': awaitPeers,
    'await-seconds': AWAIT_SECONDS,
    'data-dir': folder,
    // the nodes of a run live and end with it
    'checkpoint-keep': 0,
    resume: 'never',
    ...(save === undefined ? {} : { save }),
    ...(byzantine === undefined ? {} : { attack: byzantine.attack, attackers: byzantine.attackers })
  }
  const flags = Object.entries(options).flatMap(([name, value]) => [`--${name}`, `${value}`])

  const named = (byzantine?.accomplices ?? []).flatMap((peer) => ['--accomplice', peer])

  return [
    ...['node', jobPath, '--no-config', '--json', '--stop-on-stdin-end', ...flags, ...named],
    ...addresses.flatMap((to) => ['--join', to])
  ]
}

function parseEvent(line: string): NodeEvent | undefined {
  try {
    const event = JSON.parse(line) as NodeEvent
    return typeof event?.event === 'string' ? event : undefined
  } catch {
    return undefined // a library that prints: the log of standard output is not ours alone
  }
}
