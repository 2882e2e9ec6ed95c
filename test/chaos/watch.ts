import type { Params } from '../../src/interface/params.ts'
import type { SimulationEvent } from '../../src/node/simulation-types.ts'
import type { Life } from './life.ts'
import type { Scenario } from './scenario.ts'

/** Something that must never be was seen. */
export interface Breach {
  readonly invariant: string
  /** Index; undefined when it is about no node in particular. */
  readonly node: number | undefined
  /** What was seen. */
  readonly what: string
  /** Virtual. */
  readonly ms: number
}

/** What invariants may look at. */
export interface Watch {
  readonly scenario: Scenario
  /** Virtual. */
  readonly nowMs: number
  /** Events of the simulator that are still to come. */
  readonly pending: number
  /** Of all models that learners have in use. */
  readonly usedBytes: number
  /** The newest life of each node that has been there, by index. */
  readonly lives: readonly (Life | undefined)[]
  /** All lives there ever were, in order. */
  readonly past: readonly Life[]
  /** The first breach ends the run; later ones are not noted. */
  report(invariant: string, node: number | undefined, what: string): void
}

/** One thing that must hold. It is told of all that happens, and reports when it does not. */
export interface Invariant {
  /** After each event of the simulator, when all that follows from it has happened. */
  afterEvent?(): void
  onEvent?(life: Life, event: SimulationEvent): void
  /** Before a training; `round` is undefined for trainers that are not told. */
  onTraining?(life: Life, round: number | undefined, params: Params): void
  /** Everybody has ended, and everything that could settle has. */
  atEnd?(): void
}
