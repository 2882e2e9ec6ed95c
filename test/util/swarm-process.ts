import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

export interface Line {
  seconds: number
  node: number
  event: string
  [detail: string]: unknown
}

/** `starling swarm` as a person starts it; killed when the test is over. */
export class SwarmProcess {
  readonly out: string
  readonly process: ChildProcess
  stdout = ''
  stderr = ''
  readonly exit: Promise<{ code: number | null; signal: string | null }>

  constructor(args: readonly string[]) {
    const folder = mkdtempSync(join(tmpdir(), 'starling-swarm-'))
    this.out = join(folder, 'run')
    this.process = spawn(process.execPath, ['scripts/swarm.ts', ...args, '--out', this.out], { stdio: 'pipe' })
    this.process.stdout?.on('data', (chunk) => {
      this.stdout += chunk
    })
    this.process.stderr?.on('data', (chunk) => {
      this.stderr += chunk
    })
    this.exit = new Promise((resolve) => this.process.on('close', (code, signal) => resolve({ code, signal })))
    onTestFinished(() => {
      this.process.kill('SIGKILL')
      for (const pid of this.pids()) if (isAlive(pid)) process.kill(pid, 'SIGKILL')
      rmSync(folder, { recursive: true, force: true })
    })
  }

  events(): Line[] {
    const path = join(this.out, 'events.jsonl')
    if (!existsSync(path)) return []
    // the last line may be half written
    return readFileSync(path, 'utf8')
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Line)
  }

  /** Of the node processes, in order of nodes. */
  pids(): number[] {
    return this.events().flatMap(({ event, pid }) => (event === 'process:started' ? [pid as number] : []))
  }

  /** Training rounds that each node has reported. */
  rounds(): number[] {
    const rounds: number[] = []
    for (const { event, node } of this.events()) if (event === 'round:ended') rounds[node] = (rounds[node] ?? 0) + 1
    return rounds
  }

  file(name: string): string {
    return readFileSync(join(this.out, name), 'utf8')
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
