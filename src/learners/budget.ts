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
