/** Of any number of values: spread into Math.max, those of a hundred thousand nodes would overflow the stack. */

/** -Infinity of none. */
export function maxOf(values: readonly number[]): number {
  return values.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY)
}

/** Infinity of none. */
export function minOf(values: readonly number[]): number {
  return values.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY)
}

export function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0)
}

/** Undefined of none. */
export function meanOf(values: readonly number[]): number | undefined {
  if (values.length === 0) return undefined
  // the sum is rounded: a mean below all values would be printed beside them
  return Math.min(maxOf(values), Math.max(minOf(values), sumOf(values) / values.length))
}

/** The lower middle one of an even number, so that it is a value that occurred; undefined of none. */
export function medianOf(values: readonly number[]): number | undefined {
  return values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 2)]
}
