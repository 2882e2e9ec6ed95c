/** Bounds and reaction of an adaptive deadline. */
export interface DeadlineInit {
  /** Before anything was observed. */
  initialMs: number
  minMs: number
  maxMs: number
}

/** Plain data: a checkpoint can hold it. */
export interface DeadlineState extends DeadlineInit {
  /** Moving average of observed durations; absent before the first. */
  readonly meanMs: number | undefined
}

/** A wait that takes so many times the usual is given up. */
const PATIENCE = 3
/** Weight of the newest observation: about the last five count. */
const GAIN = 0.2

export function initDeadline(init: DeadlineInit): DeadlineState {
  return { ...init, meanMs: undefined }
}

/** How long to wait now: a few times what it usually takes, within bounds. */
export function deadlineMs({ initialMs, minMs, maxMs, meanMs }: DeadlineState): number {
  return meanMs === undefined ? initialMs : Math.min(maxMs, Math.max(minMs, PATIENCE * meanMs))
}

/** Takes an observed duration in; a wait that expired counts with its full length, so patience grows. */
export function observeWait(state: DeadlineState, durationMs: number): DeadlineState {
  const meanMs = state.meanMs === undefined ? durationMs : state.meanMs + GAIN * (durationMs - state.meanMs)

  return { ...state, meanMs }
}
