/** How long peers take to answer. Plain data. */
export interface RoundTrip {
  /** Smoothed round trip time; absent before the first answer. */
  readonly meanMs: number | undefined
  /** Smoothed deviation. */
  readonly deviationMs: number
}

const INITIAL_TIMEOUT_MS = 1000
/** A busy machine pauses for so long now and then. */
const MIN_TIMEOUT_MS = 250
const MAX_TIMEOUT_MS = 4000

export function initRoundTrip(): RoundTrip {
  return { meanMs: undefined, deviationMs: 0 }
}

/** Source: RFC 6298, section 2, with its gains of 1/8 and 1/4; over all peers, not one. */
export function observeRoundTrip(state: RoundTrip, ms: number): RoundTrip {
  if (state.meanMs === undefined) return { meanMs: ms, deviationMs: ms / 2 }

  return {
    deviationMs: state.deviationMs + (Math.abs(ms - state.meanMs) - state.deviationMs) / 4,
    meanMs: state.meanMs + (ms - state.meanMs) / 8
  }
}

/** After so long without an answer, it is worth asking again. */
export function resendMs({ meanMs, deviationMs }: RoundTrip): number {
  if (meanMs === undefined) return INITIAL_TIMEOUT_MS

  return Math.min(MAX_TIMEOUT_MS, Math.max(MIN_TIMEOUT_MS, meanMs + 4 * deviationMs))
}
