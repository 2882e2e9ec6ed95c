import type { LearnerEvent } from '../../src/interface/events.ts'
import type { Learner } from '../../src/interface/learner.ts'
import { type Wait, WaitRegister } from '../../src/interface/waits.ts'
import { VectorHeap } from '../../src/math/vector-heap.ts'
import type { SimHost } from '../../src/sim/host.ts'
import { DEFAULT_LINKS, type LinkSpec } from '../../src/sim/link-spec.ts'
import { Simulator } from '../../src/sim/simulator.ts'

/** Virtual milliseconds of one optimiser step. */
export const STEP_MS = 20

/** One life of a node: a machine, and the learner on it. */
export interface Life<L extends Learner> {
  name: string
  host: SimHost
  waits: WaitRegister
  vectors: VectorHeap
  learner: L
  events: LearnerEvent[]
  abort: AbortController
  /** How the run ended: 'done', or the code or message of its error. */
  end: string | undefined
}

export interface Seat {
  i: number
  host: SimHost
  waits: WaitRegister
  vectors: VectorHeap
  emit: (event: LearnerEvent) => void
}

/** Learners on simulated machines that start, crash and come back. */
export class SimulatedSwarm<L extends Learner> {
  readonly simulator: Simulator
  readonly lives: Life<L>[] = []
  readonly #create: (seat: Seat) => L
  /** Waits that outlived their deadline, ever. */
  readonly overdue: Wait[] = []

  constructor(seed: number, create: (seat: Seat) => L, links: Partial<LinkSpec> = {}) {
    this.simulator = new Simulator({ seed, links: { ...DEFAULT_LINKS, ...links } })
    this.#create = create
  }

  /** Machines first, learners then: they find each other connected. */
  async start(n: number, slowness: (i: number) => number = () => 1): Promise<Life<L>[]> {
    const seats = Array.from({ length: n }, (_, i) => this.#sit(i, slowness(i)))
    for (const life of seats) this.#launch(life)

    return seats
  }

  /** A node starts, or starts again. */
  join(i: number): Life<L> {
    const life = this.#sit(i, 1)
    this.#launch(life)

    return life
  }

  crash(life: Life<L>): void {
    life.host.crash()
    life.abort.abort(new Error('crashed'))
  }

  /** Until every learner has ended. @returns how the simulation ended: 'until', if all is well */
  async finish(maxMs = 3_600_000): Promise<string> {
    const isOver = (): boolean => this.lives.every(({ end }) => end !== undefined)
    const end = await this.simulator.run({ until: isOver, maxMs, afterEvent: () => this.#checkWaits() })
    await this.simulator.run({ maxMs: 1 }) // what follows from the last abort

    return end
  }

  #sit(i: number, slowness: number): Life<L> {
    const name = `node${i}`
    const host = this.simulator.join(name, { slowness })
    const waits = new WaitRegister({ clock: host.clock })
    const vectors = new VectorHeap()
    const events: LearnerEvent[] = []
    const learner = this.#create({ i, host, waits, vectors, emit: (event) => events.push(event) })
    const life: Life<L> = { name, host, waits, vectors, learner, events, abort: new AbortController(), end: undefined }
    this.lives.push(life)

    return life
  }

  #launch(life: Life<L>): void {
    life.learner.run({ signal: life.abort.signal }).then(
      () => {
        life.end = 'done'
      },
      (error: { code?: string; message: string }) => {
        life.end = error.code ?? error.message
      }
    )
  }

  #checkWaits(): void {
    for (const { host, waits } of this.lives) {
      if (!host.isAlive) continue
      for (const wait of waits.list()) if (wait.untilMs < host.clock.now()) this.overdue.push(wait)
    }
  }
}
