import type { AbortOptions } from './startable.ts'

/** Time, passed in, so that the same learner runs on real and on virtual time. */
export interface Clock {
  /** Milliseconds since an arbitrary origin; never goes backwards. */
  now(): number

  /** Resolves after `delayMs`; rejects with the signal's reason when aborted. Leaves no timer behind. */
  sleep(delayMs: number, options?: AbortOptions): Promise<void>
}
