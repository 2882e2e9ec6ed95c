/**
 * Vector kernels in plain TypeScript. They are the definition: the SIMD
 * kernels give the same bits, so it never matters which of the two ran.
 */

/** Sum of a[i] * b[i], shape (dim) each, accumulated in float64 in four lanes by i mod 4. */
export function dot(a: Float32Array, b: Float32Array): number {
  const whole = a.length & ~3
  let s0 = 0
  let s1 = 0
  let s2 = 0
  let s3 = 0

  for (let i = 0; i < whole; i += 4) {
    s0 += a[i]! * b[i]!
    s1 += a[i + 1]! * b[i + 1]!
    s2 += a[i + 2]! * b[i + 2]!
    s3 += a[i + 3]! * b[i + 3]!
  }
  if (whole < a.length) s0 += a[whole]! * b[whole]!
  if (whole + 1 < a.length) s1 += a[whole + 1]! * b[whole + 1]!
  if (whole + 2 < a.length) s2 += a[whole + 2]! * b[whole + 2]!

  return s0 + s2 + (s1 + s3)
}

/** Sum of (a[i] - b[i])^2, shape (dim) each, accumulated in float64 in four lanes by i mod 4. */
export function squaredDistance(a: Float32Array, b: Float32Array): number {
  const whole = a.length & ~3
  let s0 = 0
  let s1 = 0
  let s2 = 0
  let s3 = 0

  for (let i = 0; i < whole; i += 4) {
    s0 += (a[i]! - b[i]!) ** 2
    s1 += (a[i + 1]! - b[i + 1]!) ** 2
    s2 += (a[i + 2]! - b[i + 2]!) ** 2
    s3 += (a[i + 3]! - b[i + 3]!) ** 2
  }
  if (whole < a.length) s0 += (a[whole]! - b[whole]!) ** 2
  if (whole + 1 < a.length) s1 += (a[whole + 1]! - b[whole + 1]!) ** 2
  if (whole + 2 < a.length) s2 += (a[whole + 2]! - b[whole + 2]!) ** 2

  return s0 + s2 + (s1 + s3)
}

/** Whether no element is NaN or infinite. */
export function allFinite(a: Float32Array): boolean {
  for (let i = 0; i < a.length; i++) if (!Number.isFinite(a[i]!)) return false

  return true
}

/**
 * out[i] = sum over k of weights[k] * inputs[k][i]: float64 inside, rounded
 * once. `out` may be one of the inputs.
 *
 * @param inputs - n vectors, shape (dim)
 * @param weights - n mixing weights
 */
export function weightedSumInto(
  out: Float32Array,
  inputs: readonly Float32Array[],
  weights: readonly number[] | Float64Array
): void {
  for (let i = 0; i < out.length; i++) {
    let sum = 0
    for (let k = 0; k < inputs.length; k++) sum += weights[k]! * inputs[k]![i]!
    out[i] = sum
  }
}
