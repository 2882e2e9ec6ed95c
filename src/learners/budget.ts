/** How long to train. Neither: until stopped. */
export interface Budget {
  rounds?: number
  seconds?: number
}

/**
 * How much of the budget is spent, from 0 to 1; 0 without a budget. With
 * both limits, the one that is nearer its end.
 */
export function progressOf(budget: Budget, rounds: number, elapsedMs: number): number {
  const byRounds = budget.rounds === undefined ? 0 : rounds / budget.rounds
  const bySeconds = budget.seconds === undefined ? 0 : elapsedMs / 1000 / budget.seconds

  return Math.min(1, Math.max(byRounds, bySeconds))
}

/** A run without an end has a point of its curve this often: what it costs is then below a percent of any run we know. */
const ENDLESS_PERIOD_MS = 60_000
/** Its first one: whoever has just started a node wants to see whether it learns. */
const ENDLESS_FIRST_MS = 10_000

/**
 * Points of the curve that are due by now: spread evenly over the budget, or one a minute without one.
 *
 * @param points - over the whole run; 0 for none
 */
export function pointsDue(budget: Budget, points: number, rounds: number, elapsedMs: number): number {
  const isEndless = budget.rounds === undefined && budget.seconds === undefined
  if (!isEndless) return Math.floor(progressOf(budget, rounds, elapsedMs) * points)

  return points === 0 ? 0 : Math.floor((elapsedMs - ENDLESS_FIRST_MS) / ENDLESS_PERIOD_MS) + 1
}

export interface LearningRateSpec {
  /** The largest step size. */
  peak: number
  schedule: 'constant' | 'cosine'
}

/** The part of the run in which `cosine` rises to the peak: a first step of full length can throw a model out of reach. */
const WARM_UP = 0.05
/** Where `cosine` ends, as a fraction of the peak: late rounds still learn a little. */
const COSINE_FLOOR = 0.02

/**
 * Step size at a point of the run. `cosine` lets the models of a swarm drift
 * apart less and less, so that the last merges agree.
 *
 * Source: Loshchilov and Hutter, ICLR 2017, arXiv:1608.03983, one cycle, with a floor.
 *
 * @param progress - from {@link progressOf}
 */
export function learningRateAt({ peak, schedule }: LearningRateSpec, progress: number): number {
  if (schedule === 'constant') return peak

  const warmth = Math.min(1, (1 + 9 * (progress / WARM_UP)) / 10)

  return warmth * peak * (COSINE_FLOOR + (1 - COSINE_FLOOR) * 0.5 * (1 + Math.cos(Math.PI * progress)))
}
