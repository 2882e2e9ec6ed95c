/** A stream of random numbers made from a seed. Never global. */
export interface Rng {
  /** Uniform over 0 .. 2^32 - 1. */
  uint32(): number
  /** Uniform over [0, 1), a multiple of 2^-32. */
  uniform(): number
  /** Uniform integer over 0 .. bound - 1, without modulo bias; `bound` from 1 to 2^32. */
  below(bound: number): number
  /** Standard normal. Not bit-identical across machines: never where replicas must agree. */
  normal(): number
  /** Fisher-Yates, in place; returns its argument. */
  shuffle<T>(items: T[]): T[]
}
