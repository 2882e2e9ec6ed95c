import type { ColumnRule } from '../interface/vectors.ts'

/** A {@link ColumnRule} in positions of the sorted values. */
export interface Window {
  /** First position that counts, and the first one after it that doesn't. */
  readonly from: number
  readonly to: number
  /** Of these, the mean of so many nearest to the median; all of them when left out. */
  readonly keep?: number
}

/** @throws {RangeError} when `rule` leaves none of n values, or takes more than there are */
export function windowOf(n: number, rule: ColumnRule): Window {
  const window = uncheckedWindow(n, rule)
  const { from, to, keep = 1 } = window
  const fits = Number.isInteger(from) && from >= 0 && from < to && Number.isInteger(keep) && keep >= 1 && keep <= n
  if (n < 1 || !fits) throw new RangeError(`${JSON.stringify(rule)} of ${n} values`)

  return window
}

function uncheckedWindow(n: number, rule: ColumnRule): Window {
  if (rule.kind === 'median') return { from: (n - 1) >> 1, to: (n >> 1) + 1 }
  if (rule.kind === 'trimmed-mean') return { from: rule.trim, to: n - rule.trim }

  return { from: 0, to: n, keep: rule.keep }
}

/**
 * out[i] = `rule` of inputs[0][i], ..., inputs[n - 1][i]: sums in float64 from the least value up, rounded once. Zero
 * is always +0: which of two zeros comes first makes no difference.
 *
 * The definition: the SIMD kernel gives the same bits.
 *
 * @param out - shape (dim); may be one of the inputs
 * @param inputs - n vectors, shape (dim), finite
 */
export function columnsInto(out: Float32Array, inputs: readonly Float32Array[], rule: ColumnRule): void {
  const window = windowOf(inputs.length, rule)
  const column = new Float64Array(inputs.length)
  for (let i = 0; i < out.length; i++) {
    for (let k = 0; k < inputs.length; k++) column[k] = inputs[k]![i]!
    out[i] = columnValue(column.sort(), window)
  }
}

/** @param sorted - n values, ascending */
function columnValue(sorted: Float64Array, { from, to, keep }: Window): number {
  if (keep === undefined) return mean(sorted, from, to)

  // the nearest to a value are neighbours in the order
  const n = sorted.length
  const median = mean(sorted, (n - 1) >> 1, (n >> 1) + 1)
  let start = 0
  while (start + keep < n && sorted[start + keep]! - median < median - sorted[start]!) start++

  return mean(sorted, start, start + keep)
}

function mean(values: Float64Array, from: number, to: number): number {
  let sum = 0
  for (let k = from; k < to; k++) sum += values[k]!

  return sum / (to - from)
}
