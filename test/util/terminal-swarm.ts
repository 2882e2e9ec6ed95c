import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { NodeEvent } from '../../src/node/events.ts'

const PROGRAM = fileURLToPath(new URL('../../bin/starling.js', import.meta.url))
const NODE_MODULES_BIN = fileURLToPath(new URL('../../node_modules/.bin', import.meta.url))

/** As long as any other, so that tables keep their layout. */
const PEER_ENDS = ['node-one', 'node-two', 'node-six', 'node-ten'] as const
const PEER_CHARACTERS = 52
/** Of the job below. */
const SLICES = 2

export interface StartedNode {
  readonly process: ChildProcess
  readonly peer: string
  readonly address: string
}

/** A home of its own with a few nodes of one job, and `starling` on the path, for a terminal to be opened in. */
export class TerminalSwarm {
  readonly folder = mkdtempSync(join(tmpdir(), 'starling-'))
  readonly env: Record<string, string>
  /** Of what is printed, what stands for what changes from run to run. */
  readonly names = new Map<string, string>()
  readonly #children: ChildProcess[] = []

  constructor() {
    const path = (name: string): string => {
      const made = join(this.folder, name)
      mkdirSync(made, { recursive: true, mode: 0o700 })
      return made
    }
    const bin = path('bin')
    // as an installed package has it
    writeFileSync(join(bin, 'starling'), `#!/bin/sh\nexec "${process.execPath}" "${PROGRAM}" "$@"\n`)
    chmodSync(join(bin, 'starling'), 0o755)
    writeFileSync(join(this.folder, 'job.yaml'), JOB)
    this.env = {
      HOME: path('home'),
      XDG_RUNTIME_DIR: path('run'),
      XDG_DATA_HOME: path('data'),
      XDG_STATE_HOME: path('state'),
      PATH: [bin, NODE_MODULES_BIN, process.env['PATH'] ?? ''].join(':'),
      TZ: 'UTC',
      LANG: 'C.UTF-8',
      NO_COLOR: '1'
    }
    this.names.set(this.folder, join(tmpdir(), 'starling-folder'))
  }

  /** Resolves when the node is ready. */
  async start(...flags: string[]): Promise<StartedNode> {
    const number = this.#children.length
    const own = ['--data-dir', join(this.folder, `node-${number + 1}`), '--slice', String(number % SLICES)]
    const listen = ['--listen', '/ip4/127.0.0.1/tcp/0', '--device', 'cpu', '--json']
    const child = spawn(process.execPath, [PROGRAM, 'node', 'job.yaml', ...own, ...listen, ...flags], {
      cwd: this.folder,
      env: this.env,
      stdio: ['ignore', 'pipe', 'inherit']
    })
    this.#children.push(child)
    const lines = createInterface({ input: child.stdout! })
    const ready = await firstReady(lines)
    // the pipe is to be emptied all the same
    child.stdout!.resume()
    this.#name(ready.peer, PEER_ENDS[number]!)
    this.names.set(/\/tcp\/\d+/.exec(ready.addresses[0]!)![0], '/tcp/port')

    return { process: child, peer: ready.peer, address: ready.addresses[0]! }
  }

  async close(): Promise<void> {
    for (const child of this.#children) {
      if (child.exitCode !== null || child.signalCode !== null) continue
      child.kill('SIGKILL')
      await once(child, 'exit')
    }
    rmSync(this.folder, { recursive: true, force: true })
  }

  #name(peer: string, end: string): void {
    this.names.set(peer, `Peer${'.'.repeat(PEER_CHARACTERS - 4 - end.length)}${end}`)
    this.names.set(peer.slice(-8), end)
  }
}

const JOB = `name: flock
data: { set: glyphs, partition: iid, nodes: ${SLICES} }
model: { name: linear }
`

async function firstReady(lines: AsyncIterable<string>): Promise<Extract<NodeEvent, { event: 'node:ready' }>> {
  for await (const line of lines) {
    const event = JSON.parse(line) as NodeEvent
    if (event.event === 'node:ready') return event
  }
  throw new Error('the node ended before it was ready')
}
