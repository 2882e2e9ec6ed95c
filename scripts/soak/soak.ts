import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { stringify } from 'yaml'
import { createRng } from '../../src/math/philox.ts'
import type { JobInput } from '../../src/node/job.ts'
import { type ChurnOrder, type ChurnPlan, drawChurn } from './churn.ts'
import { Daemon } from './daemon.ts'
import { judgeInPassing, judgeLives } from './judge/judge.ts'
import { judgeWhetherJudged } from './judge/memory.ts'
import { findLeftovers } from './leftovers.ts'
import { describeFinding, type Finding, type Life, newFindings } from './life.ts'
import { sampleProcess } from './process-sample.ts'

export interface SoakInit {
  job: JobInput
  /** At the start; one more joins later. */
  nodes: number
  /** From the moment that all are ready, and on until one process has lived long enough to be judged. */
  seconds: number
  seed: number
  /** Empty; everything is in it. */
  folder: string
  /** Aborts at Ctrl-C. */
  signal: AbortSignal
  /** Every minute. */
  onMinute: (minute: number) => void
  onNote: (text: string) => void
}

const TICK_MS = 100
const SAMPLE_SECONDS = 2
const LOOK_SECONDS = 10
const MINUTE = 60
/** What daemons get to be ready and to stop at most, whatever else the machine does. */
const PATIENCE_SECONDS = 300
/** From SIGKILL to the end of a process. */
const KILL_SECONDS = 10

/** Real daemons on this machine that come and go by a plan, watched from outside. */
export class Soak {
  readonly daemons: readonly Daemon[]
  readonly plan: ChurnPlan
  /** Broken promises, as they are noticed. */
  readonly findings: Finding[] = []
  readonly #init: SoakInit
  readonly #bornMs = performance.now()
  readonly #due: ChurnOrder[]
  /** Of the run, when the churn's clock began. */
  #beganSeconds = 0
  #sampledSeconds = Number.NEGATIVE_INFINITY
  #lookedSeconds = Number.NEGATIVE_INFINITY
  readonly #looks = new Set<Promise<void>>()
  #minutes = 0

  constructor(init: SoakInit) {
    const { nodes, seconds, seed, folder, job } = init
    this.#init = init
    this.plan = drawChurn(createRng(seed, 'soak:churn'), { nodes, seconds })
    this.#due = [...this.plan.orders]
    const jobPath = join(folder, 'job.yaml')
    writeFileSync(jobPath, stringify(job))
    this.daemons = Array.from({ length: nodes + 1 }, (_, node) => this.#newDaemon(node, jobPath))
  }

  /** Seconds since the first process. */
  get seconds(): number {
    return (performance.now() - this.#bornMs) / 1000
  }

  get lives(): Life[] {
    return this.daemons.flatMap(({ lives }) => lives)
  }

  /** Runs until the time is over or the signal aborts; leaves no process. */
  async run(): Promise<void> {
    try {
      await this.#startAll()
      this.#beganSeconds = this.seconds
      while (!this.#isOver()) {
        this.#tick()
        await sleep(TICK_MS)
      }
      await Promise.all(this.#looks)
    } finally {
      await this.#stopAll()
    }
    this.#note(judgeLives(this.lives, this.seconds))
    this.#note(this.#leftovers())
  }

  /** On a slow machine after at most twice the time: a run in which nobody could be judged has shown nothing. */
  #isOver(): boolean {
    const { seconds, signal } = this.#init
    const spent = this.seconds - this.#beganSeconds
    if (signal.aborted || spent >= 2 * seconds) return true

    return spent >= seconds && judgeWhetherJudged(this.lives).length === 0
  }

  /** SIGKILL to everything: the second Ctrl-C. */
  killAll(): void {
    for (const daemon of this.daemons) daemon.kill()
  }

  #newDaemon(node: number, jobPath: string): Daemon {
    const { folder } = this.#init
    const own = join(folder, 'xdg')
    mkdirSync(own, { recursive: true, mode: 0o700 })

    return new Daemon({
      node,
      jobPath,
      folder: join(folder, `node-${node}`),
      flags: [
        '--slice',
        `${node}`,
        '--device',
        'cpu',
        '--listen',
        '/ip4/127.0.0.1/tcp/0',
        '--json',
        '--stop-seconds',
        `${PATIENCE_SECONDS}`,
        '--stop-on-stdin-end'
      ],
      // whatever a node keeps for its user is looked at as well when all is over
      env: { ...process.env, XDG_DATA_HOME: own, XDG_CONFIG_HOME: own, XDG_STATE_HOME: own, XDG_RUNTIME_DIR: own },
      now: () => this.seconds
    })
  }

  async #startAll(): Promise<void> {
    const first = this.daemons.slice(0, this.#init.nodes)
    first[0]!.start([])
    await this.#until(() => first[0]!.life?.readySeconds !== undefined)
    for (const daemon of first.slice(1)) daemon.start(first[0]!.addresses)
    await this.#until(() => first.every(({ life }) => life?.readySeconds !== undefined))
  }

  /** At most as long as a daemon may take to be ready; who is not is found out by the judges. */
  async #until(holds: () => boolean): Promise<void> {
    const untilSeconds = this.seconds + PATIENCE_SECONDS
    while (!holds() && this.seconds < untilSeconds && !this.#init.signal.aborted) {
      this.#sample()
      await sleep(TICK_MS)
    }
  }

  #tick(): void {
    const seconds = this.seconds - this.#beganSeconds
    while (this.#due.length > 0 && this.#due[0]!.seconds <= seconds) this.#obey(this.#due.shift()!)
    this.#sample()
    this.#look()
    if (seconds < (this.#minutes + 1) * MINUTE) return
    this.#minutes++
    this.#note(judgeInPassing(this.lives, this.seconds))
    this.#init.onMinute(this.#minutes)
  }

  #obey({ action, node }: ChurnOrder): void {
    const daemon = this.daemons[node]!
    this.#init.onNote(`node ${node}: ${action}`)
    if (action === 'start') daemon.start(this.#entrances())
    else daemon[action]()
  }

  /** Two addresses that last, as an operator would write down. */
  #entrances(): string[] {
    return this.plan.stable.slice(0, 2).flatMap((node) => this.daemons[node]!.addresses)
  }

  #sample(): void {
    const { seconds } = this
    if (seconds < this.#sampledSeconds + SAMPLE_SECONDS) return
    this.#sampledSeconds = seconds
    for (const { life } of this.daemons) {
      if (life === undefined) continue
      const sample = sampleProcess(life.pid, seconds)
      if (sample !== undefined) life.samples.push(sample)
    }
  }

  #look(): void {
    if (this.seconds < this.#lookedSeconds + LOOK_SECONDS) return
    this.#lookedSeconds = this.seconds
    for (const daemon of this.daemons) {
      const look = daemon.look().finally(() => this.#looks.delete(look))
      this.#looks.add(look)
    }
  }

  async #stopAll(): Promise<void> {
    for (const daemon of this.daemons) daemon.leave()
    await this.#ended(PATIENCE_SECONDS)
    this.killAll()
    await this.#ended(KILL_SECONDS)
  }

  async #ended(withinSeconds: number): Promise<void> {
    const untilSeconds = this.seconds + withinSeconds
    while (this.daemons.some(({ life }) => life !== undefined) && this.seconds < untilSeconds) {
      this.#sample()
      await sleep(TICK_MS)
    }
  }

  #leftovers(): Finding[] {
    return findLeftovers({
      pids: this.lives.map(({ pid }) => pid),
      ports: this.daemons.flatMap(({ ports }) => [...ports]),
      folder: this.#init.folder,
      crashed: this.daemons.flatMap(({ lives, folder }) => {
        const last = lives.findLast(({ readySeconds }) => readySeconds !== undefined)

        return last?.order?.kind === 'crash' ? { pid: last.pid, folder } : []
      })
    })
  }

  #note(findings: readonly Finding[]): void {
    const news = newFindings(findings, this.findings)
    this.findings.push(...news)
    for (const finding of news) this.#init.onNote(`broken: ${describeFinding(finding)}`)
  }
}
