import type { Rng } from '../../interface/rng.ts'

/**
 * Logarithm of a Gamma(shape, 1) variate. In logarithms, because at small
 * shapes the variate itself is often below the smallest float64.
 *
 * Source: Marsaglia and Tsang, "A simple method for generating gamma
 * variables", ACM TOMS 26 (2000), without its squeeze step; below shape 1 by
 * G(a) = G(a + 1) * U^(1/a), their section 6.
 */
export function logGamma(shape: number, rng: Rng): number {
  if (shape < 1) return logGamma(shape + 1, rng) + Math.log(1 - rng.uniform()) / shape

  const d = shape - 1 / 3
  const c = 1 / Math.sqrt(9 * d)
  for (;;) {
    const x = rng.normal()
    const v = (1 + c * x) ** 3
    // 1 - u is never zero
    if (v > 0 && Math.log(1 - rng.uniform()) < 0.5 * x * x + d - d * v + d * Math.log(v))
      return Math.log(d) + Math.log(v)
  }
}

/** A draw from the symmetric Dirichlet distribution: `size` proportions that sum to 1. */
export function dirichlet(alpha: number, size: number, rng: Rng): Float64Array {
  const logs = Float64Array.from({ length: size }, () => logGamma(alpha, rng))
  const largest = logs.reduce((a, b) => Math.max(a, b), -Infinity)
  const parts = logs.map((log) => Math.exp(log - largest))
  const sum = parts.reduce((a, b) => a + b, 0)

  return parts.map((part) => part / sum)
}
