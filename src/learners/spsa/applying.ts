import { CodedError } from '../../interface/errors.ts'
import type { WaitRegister, WaitSpec } from '../../interface/waits.ts'
import type { Replica } from '../../spsa/replica.ts'
import type { Condition } from '../condition.ts'
import type { Orders } from './orders.ts'

/** Params times projections that are applied without a pause: about 0.2 s. */
const MAX_WORK = 2e9
/** Long enough for what else waits for this thread. */
const PAUSE_MS = 1
/** At the end, as whoever stops a node waits for it. */
const LAST_MS = 5_000
/** Params times projections that may still wait when a state is kept, which takes them in at once: about a second. */
const LAST_WORK = 4e9

export interface ApplyingInit {
  replica: Pick<Replica, 'dim' | 'waiting' | 'settlingCost' | 'apply' | 'ledger'>
  orders: Orders
  changes: Condition
  waits: WaitRegister
}

/**
 * Takes in what others wrote and what the operator ordered: much at a time, and never so much that connections, and the
 * words of others, wait for it.
 */
export class Applying {
  readonly #init: ApplyingInit
  /** Projections at a time. */
  readonly #most: number

  constructor(init: ApplyingInit) {
    this.#init = init
    this.#most = Math.max(1, Math.floor(MAX_WORK / init.replica.dim))
  }

  /** @returns how many; more may wait */
  some(): number {
    const { replica, orders } = this.#init
    orders.giveTo(replica.ledger)

    return replica.apply(this.#most)
  }

  /** All that waits by now: what comes meanwhile is for the next time, so that this ends. @returns how many */
  backlog(options: { signal: AbortSignal }): Promise<number> {
    const { replica, orders } = this.#init
    orders.giveTo(replica.ledger)

    return this.#upTo(replica.waiting, options)
  }

  /** Until nothing waits. @returns how many */
  all(options: { signal: AbortSignal }): Promise<number> {
    return this.#upTo(Infinity, options)
  }

  /**
   * What it can before a state is kept for the last time. A newcomer that stops in the midst of the logs keeps none: its
   * journal has them, and an older state is a state too.
   *
   * @returns false when too much still waits
   */
  async last(): Promise<boolean> {
    const { replica, waits } = this.#init
    const what = (): string => `${replica.waiting} projections to be taken in before the state is kept`
    try {
      await waits.run({ kind: 'stop', what, from: [], timeoutMs: LAST_MS }, (signal) => this.all({ signal }))
    } catch (error) {
      if (!(error instanceof CodedError)) throw error
    }

    return replica.settlingCost <= LAST_WORK
  }

  async #upTo(most: number, options: { signal: AbortSignal }): Promise<number> {
    const { replica, changes } = this.#init
    let count = this.some()
    while (count < most && replica.waiting > 0) {
      const spec: WaitSpec = {
        kind: 'turn',
        what: `a turn for ${replica.waiting} projections`,
        from: [],
        timeoutMs: PAUSE_MS
      }
      await changes.until(() => false, spec, { ...options, quiet: true })
      count += this.some()
    }

    return count
  }
}
