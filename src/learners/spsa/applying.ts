import type { WaitSpec } from '../../interface/waits.ts'
import type { Replica } from '../../spsa/replica.ts'
import type { Condition } from '../condition.ts'
import type { Orders } from './orders.ts'

/** Params times projections that are applied without a pause: about 0.2 s. */
const MAX_WORK = 2e9
/** Long enough for what else waits for this thread. */
const PAUSE_MS = 1

export interface ApplyingInit {
  replica: Replica
  orders: Orders
  changes: Condition
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

  /** Until nothing waits. @returns how many */
  async all(options: { signal: AbortSignal }): Promise<number> {
    const { replica, changes } = this.#init
    let count = this.some()
    while (replica.waiting > 0) {
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
