/** A deadline that follows how long the swarm's rounds take. */
export interface PeriodDeadline {
  /** Usual rounds' time. */
  periods: number
  /** Before two rounds were seen. */
  initialMs: number
  minMs: number
  maxMs: number
}

/** @param periodMs - how long a round usually takes; undefined before that is known */
export function periodDeadlineMs(deadline: PeriodDeadline, periodMs: number | undefined): number {
  const { periods, initialMs, minMs, maxMs } = deadline

  return periodMs === undefined ? initialMs : Math.min(maxMs, Math.max(minMs, periods * periodMs))
}
