/** What a node knows of how far the swarm is. Plain data: a checkpoint can hold it. */
export interface RoundEstimate {
  /** Newest round known to have begun: its model has been aggregated. */
  readonly round: number
  /** When that became known, ms of the learner's clock. */
  readonly atMs: number
  /** Usual time from one round to the next, without the stalls; absent before two were seen. */
  readonly periodMs: number | undefined
}

/** Weight of an observation below the average: a swarm that is fast again is believed soon. */
const GAIN_DOWN = 0.5
/** And of one above it, which may have been a stall: deadlines that follow stalls would make them longer each time. */
const GAIN_UP = 0.1
/** A single round says no more than that rounds take so many times as long as before. */
const MAX_RISE = 3
/** Rounds that a message may be ahead at any time. */
const AHEAD = 16
/** Faster than any swarm is: a peer that claims more rounds than time allows is not believed. */
const MAX_ROUNDS_PER_MS = 0.2
/** Rounds that one peer's word may be ahead of what several say, at any time. */
const NEAR = 3
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

  return { round, atMs: nowMs, periodMs: smooth(state.periodMs ?? observedMs, observedMs) }
}

function smooth(periodMs: number, observedMs: number): number {
  const changeMs = Math.min(observedMs, MAX_RISE * periodMs) - periodMs

  return periodMs + (changeMs < 0 ? GAIN_DOWN : GAIN_UP) * changeMs
}

/** The newest round that a message may claim now. */
export function maxBelievable({ round, atMs }: RoundEstimate, nowMs: number): number {
  return Math.min(MAX_ROUND, round + AHEAD + Math.floor((nowMs - atMs) * MAX_ROUNDS_PER_MS))
}

/**
 * The newest round for which one peer's word is enough, where `known` is what several have said: it must not grow with what
 * one says.
 *
 * @param meanMs - a round's time, on average since this node began
 * @param rush - so many times as many rounds as usual may have gone by without news: who is seldom asked hears of few
 */
export function maxPlausible(
  known: RoundEstimate,
  nowMs: number,
  { meanMs, rush }: { meanMs: number; rush: number }
): number {
  const passed = Math.floor((rush * (nowMs - known.atMs)) / Math.max(1, meanMs))

  return Math.min(maxBelievable(known, nowMs), known.round + NEAR + passed)
}
