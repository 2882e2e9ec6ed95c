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

/**
 * outs[m][i] = sum over k of coefficients[m * n + k] * inputs[k][i], each as {@link weightedSumInto} does it.
 *
 * @param outs - vectors of shape (dim), none of them an input
 * @param inputs - n vectors, shape (dim)
 * @param coefficients - shape (outs.length, n)
 */
export function weightedSumsInto(
  outs: readonly Float32Array[],
  inputs: readonly Float32Array[],
  coefficients: readonly number[] | Float64Array
): void {
  const n = inputs.length
  for (const [m, out] of outs.entries()) weightedSumInto(out, inputs, coefficients.slice(m * n, (m + 1) * n))
}

/**
 * out[i * n + j] = <inputs[i] - reference, inputs[j] - reference>, shape (n, n): differences and sums in float64, in
 * two lanes by i mod 2. Off by at most (dim / 2 + 4) * 2^-53 of the product of the lengths of the two differences.
 *
 * @param inputs - n vectors, shape (dim), as `reference`
 */
export function gramInto(out: Float64Array, inputs: readonly Float32Array[], reference: Float32Array): void {
  const n = inputs.length
  for (let i = 0; i < n; i++) {
    for (let j = i; j < n; j++) {
      const product = dotOfDifferences(inputs[i]!, inputs[j]!, reference)
      out[i * n + j] = product
      out[j * n + i] = product
    }
  }
}

function dotOfDifferences(a: Float32Array, b: Float32Array, reference: Float32Array): number {
  let even = 0
  let odd = 0
  for (let i = 0; i < a.length; i += 2) even += (a[i]! - reference[i]!) * (b[i]! - reference[i]!)
  for (let i = 1; i < a.length; i += 2) odd += (a[i]! - reference[i]!) * (b[i]! - reference[i]!)

  return even + odd
}
