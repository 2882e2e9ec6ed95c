/** Weights over `size` extended rows that take the mean of `members`. */
export function meanOf(members: readonly number[], size: number): Float64Array {
  const weights = new Float64Array(size)
  for (const member of members) weights[member] = 1 / members.length

  return weights
}

/** The `count` places with the smallest values, smallest first; of equal ones, the lower place first. */
export function smallest(values: ArrayLike<number>, count: number): number[] {
  return Array.from({ length: values.length }, (_, i) => i)
    .sort((i, j) => values[i]! - values[j]! || i - j)
    .slice(0, count)
}

/** The place of the smallest value; of equal ones, the lowest. */
export function argmin(values: ArrayLike<number>): number {
  let best = 0
  for (let i = 1; i < values.length; i++) if (values[i]! < values[best]!) best = i

  return best
}

/** How far to go along a difference so that its length is at most `bound`: min(1, bound / length). */
export function clipFactor(length: number, bound: number): number {
  return length > bound ? bound / length : 1
}

/** n choose k. */
export function binomial(n: number, k: number): number {
  let product = 1
  for (let i = 1; i <= Math.min(k, n - k); i++) product = (product * (n - Math.min(k, n - k) + i)) / i

  return Math.round(product)
}
