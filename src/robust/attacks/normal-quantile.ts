/** Newton's steps shrink as the square of the last one; tails begin farther away. */
const MAX_STEPS = 100
const TINIEST = 1e-9

/**
 * The standard normal distribution's quantile: the z that a share `p` of it lies below. To 1e-8, for `p` from 1e-9 to
 * 1 - 1e-9.
 *
 * Newton's method from the middle. Right of it the distribution function is concave, so that no step goes too far.
 *
 * @throws {RangeError} outside that range
 */
export function normalQuantile(p: number): number {
  if (!(p >= TINIEST && p <= 1 - TINIEST)) throw new RangeError(`normalQuantile(${p})`)
  if (p < 0.5) return -normalQuantile(1 - p)

  let z = 0
  for (let steps = 0; steps < MAX_STEPS; steps++) {
    const step = (p - normalDistribution(z)) / normalDensity(z)
    z += step
    if (Math.abs(step) < 1e-12) break
  }

  return z
}

const normalDensity = (z: number): number => Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)

/**
 * The share of the standard normal distribution below `z`, for z >= 0: a half, and the density times a series whose
 * terms are all positive.
 *
 * Source: Marsaglia, "Evaluating the normal distribution", Journal of Statistical Software 11(4), 2004.
 */
function normalDistribution(z: number): number {
  let term = z
  let sum = z
  for (let odd = 3; term > sum * Number.EPSILON; odd += 2) {
    term *= (z * z) / odd
    sum += term
  }

  return 0.5 + sum * normalDensity(z)
}
