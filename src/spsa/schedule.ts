/** How the learning rate falls from its peak. */
export type Schedule = 'constant' | 'linear' | 'inverse-sqrt'
export const SCHEDULES: readonly Schedule[] = ['constant', 'linear', 'inverse-sqrt']

export interface ScheduleOptions {
  readonly schedule: Schedule
  /** Steps that each node may do. */
  readonly horizon: number
  /** Fraction of the peak that the rate never falls below. */
  readonly floor: number
}

/** What a rate at its peak is as an integer. */
export const FULL_RATE = 2 ** 16

/**
 * The learning rate at a step as an integer from 0 to {@link FULL_RATE}; quotients and square roots only, so the same
 * on every machine.
 *
 * `linear` falls to 0 at the horizon. `inverse-sqrt` is sqrt(a / (a + step)) with a = horizon / 10.
 *
 * Source: Spall, "Implementation of the simultaneous perturbation algorithm", IEEE TAES 34(3), 1998, with the exponent
 * 1/2 where he uses 0.602: other powers are not the same on every machine.
 */
export function rateAt({ schedule, horizon, floor }: ScheduleOptions, step: number): number {
  return Math.floor(Math.max(floor, factorAt(schedule, horizon, step)) * FULL_RATE + 0.5)
}

function factorAt(schedule: Schedule, horizon: number, step: number): number {
  if (schedule === 'constant') return 1
  if (schedule === 'linear') return 1 - step / horizon
  const offset = horizon / 10

  return Math.sqrt(offset / (offset + step))
}
