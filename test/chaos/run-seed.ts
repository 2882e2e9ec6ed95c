import { createHash } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import type { Params } from '../../src/interface/params.ts'
import type { SimulatedNode } from '../../src/node/simulation/node.ts'
import { SimulatedSwarm } from '../../src/node/simulation/swarm.ts'
import type { SimulationEvent } from '../../src/node/simulation-types.ts'
import type { TraceEvent } from '../../src/sim/trace.ts'
import { INVARIANTS } from './invariants/all.ts'
import { type Life, watchLife } from './life.ts'
import type { PoisonedHeap } from './poisoned-heap.ts'
import type { Scenario } from './scenario.ts'
import { chaosTrainers } from './trainers.ts'
import type { Breach, Invariant, Watch } from './watch.ts'

export interface RunSeedInit {
  scenario: Scenario
  /** Nothing in use; the same one for one run after another. */
  vectors: PoisonedHeap
  /** @default all */
  invariants?: readonly ((watch: Watch) => Invariant)[]
  /** Real time that each training takes, to show that it makes no difference. */
  pause?: () => Promise<void>
  onTrace?: (event: TraceEvent) => void
  onEvent?: (ms: number, node: number, event: SimulationEvent) => void
  /** Breaks a node that has just started, to see that it is found out. */
  sabotage?: (node: SimulatedNode) => void
}

export interface SeedResult {
  breach: Breach | undefined
  /** Of the simulator. */
  events: number
  virtualMs: number
  /** Of all that the simulator did. */
  digest: string
  /** SHA-256 of all that nodes reported. */
  reported: string
}

/** Turns of the event loop after which all that can settle has. */
const TURNS = 20

/** One run of a scenario, from the first start to the last end or the first breach. */
export async function runSeed(init: RunSeedInit): Promise<SeedResult> {
  const run = new SeedRun(init)
  const onRejection = (reason: unknown): void =>
    run.report('nothing-unhandled', undefined, `unhandled rejection: ${describe(reason)}`)
  process.on('unhandledRejection', onRejection)
  try {
    return await run.run()
  } finally {
    process.off('unhandledRejection', onRejection)
  }
}

class SeedRun implements Watch {
  readonly scenario: Scenario
  readonly lives: (Life | undefined)[] = []
  readonly past: Life[] = []
  breach: Breach | undefined
  readonly #init: RunSeedInit
  readonly #swarm: SimulatedSwarm
  readonly #invariants: readonly Invariant[]
  readonly #reported = createHash('sha256')

  constructor(init: RunSeedInit) {
    const { scenario, vectors, onTrace, pause } = init
    this.#init = init
    this.scenario = scenario
    this.#swarm = new SimulatedSwarm({
      job: scenario.job,
      spec: scenario.spec,
      trainers: chaosTrainers({ scenario, onTraining: this.#onTraining, ...(pause === undefined ? {} : { pause }) }),
      vectors,
      onEvent: this.#onEvent,
      ...(onTrace === undefined ? {} : { onTrace })
    })
    this.#invariants = (init.invariants ?? INVARIANTS).map((create) => create(this))
  }

  get nowMs(): number {
    return this.#swarm.simulator.nowMs
  }

  get pending(): number {
    return this.#swarm.simulator.pending
  }

  get usedBytes(): number {
    return this.#init.vectors.usedBytes
  }

  report(invariant: string, node: number | undefined, what: string): void {
    this.breach ??= { invariant, node, what, ms: this.nowMs }
  }

  async run(): Promise<SeedResult> {
    const { simulator } = this.#swarm
    this.#schedulePartitions()
    this.#swarm.start()
    try {
      await simulator.run({
        until: () => this.breach !== undefined || !this.#anyoneLives(),
        afterEvent: () => {
          this.#meetNewcomers()
          for (const invariant of this.#invariants) invariant.afterEvent?.()
        }
      })
      await this.#finish()
    } catch (error) {
      this.report('no-fault', undefined, describe(error))
    } finally {
      await this.#giveBack()
    }
    const { events, nowMs: virtualMs, digest } = simulator

    return { breach: this.breach, events, virtualMs, digest, reported: this.#reported.digest('hex') }
  }

  async #finish(): Promise<void> {
    if (this.breach !== undefined) return
    for (let turn = 0; turn < TURNS; turn++) await setImmediate()
    for (const invariant of this.#invariants) invariant.atEnd?.()
  }

  /** A run that was broken off leaves nodes that wait, and models. */
  async #giveBack(): Promise<void> {
    for (const node of this.#swarm.nodes) node?.crash()
    for (let turn = 0; turn < TURNS; turn++) await setImmediate()
    this.#init.vectors.freeAll()
  }

  #schedulePartitions(): void {
    const { simulator, peers } = this.#swarm
    for (const { fromMs, untilMs, groups } of this.scenario.partitions) {
      const parts = [...new Set(groups)].map((group) => peers.filter((_, index) => groups[index] === group))
      simulator.schedule(fromMs, () => simulator.partition(parts))
      simulator.schedule(untilMs, () => simulator.heal())
    }
  }

  #anyoneLives(): boolean {
    return this.#swarm.nodes.some((node) => node !== undefined && node.end === undefined)
  }

  #meetNewcomers(): void {
    for (const [index, node] of this.#swarm.nodes.entries()) {
      if (node !== undefined && this.lives[index]?.node !== node) this.#meet(node)
    }
  }

  #meet(node: SimulatedNode): Life {
    const life = watchLife(node, (this.lives[node.index]?.life ?? 0) + 1)
    this.lives[node.index] = life
    this.past.push(life)
    this.#init.sabotage?.(node)

    return life
  }

  #lifeOf(index: number): Life | undefined {
    const node = this.#swarm.nodes[index]
    const life = this.lives[index]

    return node === undefined || life?.node === node ? life : this.#meet(node)
  }

  readonly #onEvent = (ms: number, index: number, event: SimulationEvent): void => {
    this.#init.onEvent?.(ms, index, event)
    this.#reported.update(JSON.stringify([ms, index, event]))
    const life = this.#lifeOf(index)
    if (life !== undefined) for (const invariant of this.#invariants) invariant.onEvent?.(life, event)
  }

  readonly #onTraining = (index: number, round: number | undefined, params: Params): void => {
    const life = this.lives[index]
    if (life !== undefined) for (const invariant of this.#invariants) invariant.onTraining?.(life, round, params)
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
