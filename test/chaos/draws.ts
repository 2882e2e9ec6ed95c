import type { Rng } from '../../src/interface/rng.ts'

export function uniform(rng: Rng, min: number, max: number): number {
  return min + (max - min) * rng.uniform()
}

/** Every order of magnitude is as likely as the next. */
export function logUniform(rng: Rng, min: number, max: number): number {
  return min * (max / min) ** rng.uniform()
}

export function chance(rng: Rng, probability: number): boolean {
  return rng.uniform() < probability
}

/** Both ends are possible. */
export function within(rng: Rng, { min, max }: { min: number; max: number }): number {
  return min + rng.below(max - min + 1)
}

export function oneOf<T>(rng: Rng, items: readonly T[]): T {
  return items[rng.below(items.length)]!
}
