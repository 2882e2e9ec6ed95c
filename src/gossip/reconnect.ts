/** Pure policy: when to dial an address again. */
export interface ReconnectPolicy {
  /** Delay after the first failure. */
  firstDelayMs: number
  /** Delays double up to this. */
  maxDelayMs: number
  /** A connection that held this long was a good one. */
  stableMs: number
  /** After so many failures in a row an address is forgotten, unless it was configured. */
  maxFailures: number
}

export const DEFAULT_RECONNECT_POLICY: Readonly<ReconnectPolicy> = Object.freeze({
  firstDelayMs: 500,
  maxDelayMs: 60_000,
  stableMs: 30_000,
  maxFailures: 8
})

/**
 * How long to wait after `failures` failures in a row: exponential back-off
 * with full jitter over its upper half, so that nodes cut off together do not
 * come back together.
 *
 * @param failures - 1 or more
 * @param uniform - random number of [0, 1)
 */
export function backoffMs(failures: number, uniform: number, policy: ReconnectPolicy): number {
  const ceiling = Math.min(policy.maxDelayMs, policy.firstDelayMs * 2 ** Math.min(failures - 1, 30))

  return ceiling * (0.5 + 0.5 * uniform)
}
