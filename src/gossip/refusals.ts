import type { Clock } from '../interface/clock.ts'
import { TokenBuckets } from './token-bucket.ts'

export interface RefusalsInit {
  clock: Clock
  /** Those that were not told one by one since the last summary, by code. */
  summarise: (counts: Readonly<Record<string, number>>) => void
}

/** Told one by one: enough to see what goes on, and a person can still read it. */
const PER_SECOND = 0.2
const BURST = 10
const KEY = 'told'

/**
 * Counts who was turned away, and sees to it that ten thousand of them do not fill the log: the first few are told one by
 * one, the others by number, now and then. Codes are ours, so there are few.
 */
export class Refusals {
  readonly #init: RefusalsInit
  readonly #told = new TokenBuckets({ perSecond: PER_SECOND, burst: BURST, maxPeers: 1 })
  readonly #totals = new Map<string, number>()
  readonly #untold = new Map<string, number>()

  constructor(init: RefusalsInit) {
    this.#init = init
  }

  /** Since the start, by code. */
  get totals(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#totals)
  }

  add(code: string, tell: () => void): void {
    this.#totals.set(code, (this.#totals.get(code) ?? 0) + 1)
    if (this.#told.take(KEY, this.#init.clock.now())) tell()
    else this.#untold.set(code, (this.#untold.get(code) ?? 0) + 1)
  }

  /** Call it every few seconds. */
  summarise(): void {
    if (this.#untold.size === 0) return

    const counts = Object.fromEntries(this.#untold)
    this.#untold.clear()
    this.#init.summarise(counts)
  }
}
