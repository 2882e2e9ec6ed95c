/** Pure policy: when to dial an address again. */
export interface ReconnectPolicy {
  /** Delay after the first failure. */
  firstDelayMs: number
  /** Delays double up to this. */
  maxDelayMs: number
  /** Delays are so many times longer at an address where no peer of the job was ever met: most of them are dead. */
  unprovenFactor: number
  /** A connection that held this long was a good one. */
  stableMs: number
  /** After so many failures in a row an address is forgotten, unless it was configured: minutes. */
  maxFailures: number
  /** One where a peer was met, unless few of these are known: an hour. */
  maxProvenFailures: number
}

export const DEFAULT_RECONNECT_POLICY: Readonly<ReconnectPolicy> = Object.freeze({
  firstDelayMs: 500,
  maxDelayMs: 60_000,
  unprovenFactor: 4,
  stableMs: 30_000,
  maxFailures: 8,
  maxProvenFailures: 64
})

export interface Attempts {
  /** Failures in a row, 1 or more. */
  failures: number
  /** A peer of the job was met there before, or the operator named it. */
  isProven: boolean
  /** Random number of [0, 1). */
  uniform: number
}

/**
 * How long to wait before the next dial: exponential back-off with full jitter over its upper half, so that nodes cut off
 * together do not come back together.
 */
export function backoffMs({ failures, isProven, uniform }: Attempts, policy: ReconnectPolicy): number {
  const ceiling = Math.min(policy.maxDelayMs, policy.firstDelayMs * 2 ** Math.min(failures - 1, 30))

  return (isProven ? 1 : policy.unprovenFactor) * ceiling * (0.5 + 0.5 * uniform)
}

/** It is not worth another dial. */
export function isHopeless({ failures, isProven }: Omit<Attempts, 'uniform'>, policy: ReconnectPolicy): boolean {
  return failures >= (isProven ? policy.maxProvenFailures : policy.maxFailures)
}
