/** What a node knows of how far the swarm is. Plain data: a checkpoint can hold it. */
export interface RoundEstimate {
  /** Newest round known to have begun: its model has been aggregated. */
  readonly round: number
  /** When that became known, ms of the learner's clock. */
  readonly atMs: number
  /** Moving average of the time from one round to the next; absent before two were seen. */
  readonly periodMs: number | undefined
}

/** Weight of the newest observation: about the last five count. */
const GAIN = 0.2
/** Rounds that a message may be ahead at any time. */
const AHEAD = 16
/** Faster than any swarm is: a peer that claims more rounds than time allows is not believed. */
const MAX_ROUNDS_PER_MS = 0.2
/** Rounds are uint32 on the wire. */
export const MAX_ROUND = 0xffff_ffff

export function initEstimate(nowMs: number): RoundEstimate {
  return { round: 0, atMs: nowMs, periodMs: undefined }
}

/** Takes in evidence of a round; older evidence changes nothing. */
export function observeRound(state: RoundEstimate, round: number, nowMs: number): RoundEstimate {
  if (round <= state.round) return state
  if (state.round === 0) return { ...state, round, atMs: nowMs }

  const observedMs = (nowMs - state.atMs) / (round - state.round)
  const periodMs = state.periodMs === undefined ? observedMs : state.periodMs + GAIN * (observedMs - state.periodMs)

  return { round, atMs: nowMs, periodMs }
}

/** The newest round that a message may claim now. */
export function maxBelievable({ round, atMs }: RoundEstimate, nowMs: number): number {
  return Math.min(MAX_ROUND, round + AHEAD + Math.floor((nowMs - atMs) * MAX_ROUNDS_PER_MS))
}
