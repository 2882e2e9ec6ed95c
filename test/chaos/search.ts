import { setImmediate } from 'node:timers/promises'
import { PoisonedHeap } from './poisoned-heap.ts'
import { type RunSeedInit, runSeed, type SeedResult } from './run-seed.ts'
import { type Combining, drawScenario, type LearnerName } from './scenario.ts'
import type { Breach } from './watch.ts'

export interface Attempt extends Combining {
  readonly learner: LearnerName
  readonly seed: number
}

export interface Finding extends Attempt {
  readonly breach: Breach
}

/** One run in so many is done twice, and must be the same. */
const REPEATED_ONE_IN = 10

/** Runs scenarios, one after the other, in memory that they share. */
export class Search {
  readonly #vectors = new PoisonedHeap()

  /** @param more - what to be told of, or to break */
  async run({ learner, seed, ...combining }: Attempt, more: Partial<RunSeedInit> = {}): Promise<SeedResult> {
    const scenario = drawScenario(learner, seed, combining)
    const first = await runSeed({ scenario, vectors: this.#vectors, ...more })
    if (first.breach !== undefined || seed % REPEATED_ONE_IN !== 0) return first

    return { ...first, breach: await this.#repeat(first, { ...more, scenario, vectors: this.#vectors }) }
  }

  /** The same again, but real work takes longer in real time. @returns how it differed */
  async #repeat(first: SeedResult, init: RunSeedInit): Promise<Breach | undefined> {
    const again = await runSeed({ ...init, pause: setImmediate })
    const isSame = again.digest === first.digest && again.reported === first.reported
    if (again.breach !== undefined || isSame) return again.breach

    const what = `${first.events} events with digest ${first.digest.slice(0, 8)}, then ${again.events} with ${again.digest.slice(0, 8)}`
    return { invariant: 'same-again', node: undefined, what, ms: first.virtualMs }
  }
}
