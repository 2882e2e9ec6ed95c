import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { onTestFinished } from 'vitest'
import type { NodeEvent } from '../../src/node/events.ts'

export type NodeEventOf<E extends NodeEvent['event']> = Extract<NodeEvent, { event: E }>

export interface NodeProcessOptions {
  /**
   * Where it listens; empty for what it does of itself.
   * @default on this machine only
   */
  listen?: readonly string[]
  /** Comes before the command: what runs it somewhere else, say. */
  prefix?: readonly string[]
}

/** `starling node` as a person starts it, with its events; killed when the test is over. */
export class NodeProcess {
  readonly process: ChildProcess
  readonly events: NodeEvent[] = []
  stderr = ''
  readonly exit: Promise<{ code: number | null; signal: string | null }>

  constructor(args: readonly string[], { listen = ['/ip4/127.0.0.1/tcp/0'], prefix = [] }: NodeProcessOptions = {}) {
    const listening = listen.flatMap((address) => ['--listen', address])
    const [program, ...words] = [
      ...prefix,
      process.execPath,
      'bin/starling.js',
      'node',
      ...args,
      '--json',
      ...listening
    ]
    this.process = spawn(program!, words, { stdio: 'pipe' })
    createInterface({ input: this.process.stdout! }).on('line', (line) => {
      if (line.startsWith('{')) this.events.push(JSON.parse(line) as NodeEvent)
    })
    this.process.stderr?.on('data', (chunk) => {
      this.stderr += chunk
    })
    this.exit = new Promise((resolve) => this.process.on('close', (code, signal) => resolve({ code, signal })))
    onTestFinished(() => {
      this.process.kill('SIGKILL')
    })
  }

  /** All of a kind so far, oldest first. */
  all<E extends NodeEvent['event']>(event: E): NodeEventOf<E>[] {
    return this.events.filter((each): each is NodeEventOf<E> => each.event === event)
  }

  last<E extends NodeEvent['event']>(event: E): NodeEventOf<E> | undefined {
    return this.all(event).at(-1)
  }

  /** As the system does when it runs out of memory: without a word to anybody. */
  async kill(): Promise<void> {
    this.process.kill('SIGKILL')
    await this.exit
  }
}
