/** Bounds of an adaptive deadline. */
export interface DeadlineInit {
  /** Before anything was observed. */
  initialMs: number
  minMs: number
  maxMs: number
}

/** Plain data: a checkpoint can hold it. */
export interface DeadlineState extends DeadlineInit {
  /** Moving average of the observed periods; absent before the first. */
  readonly meanMs: number | undefined
  /** How many periods to wait. */
  readonly patience: number
}

/** A peer that takes three times the usual is slow, not just unlucky. */
const FULL_PATIENCE = 3
/** Weight of the newest observation: about the last ten count. */
const GAIN = 0.1

export function initDeadline(init: DeadlineInit): DeadlineState {
  return { ...init, meanMs: undefined, patience: FULL_PATIENCE }
}

/** How long to wait now: some usual periods, within bounds. */
export function deadlineMs({ initialMs, minMs, maxMs, meanMs, patience }: DeadlineState): number {
  const usualMs = meanMs ?? initialMs / FULL_PATIENCE

  return Math.min(maxMs, Math.max(minMs, patience * usualMs))
}

/** Takes in how long a peer took from one message to the next. */
export function observePeriod(state: DeadlineState, periodMs: number): DeadlineState {
  const meanMs = state.meanMs === undefined ? periodMs : state.meanMs + GAIN * (periodMs - state.meanMs)

  return { ...state, meanMs }
}

/**
 * A wait ended. One that expired halves the patience, so that peers who stay
 * silent cost less and less; one that did not restores it.
 */
export function observeWait(state: DeadlineState, expired: boolean): DeadlineState {
  return { ...state, patience: expired ? state.patience / 2 : FULL_PATIENCE }
}
