/** @throws {RangeError} when there is none */
export function mean(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError('the mean of no values')

  return values.reduce((sum, value) => sum + value, 0) / values.length
}

/** Lowest and highest, as people write it. */
export function rangeOf(values: readonly number[], digits: number): string {
  const [low, high] = [Math.min(...values).toFixed(digits), Math.max(...values).toFixed(digits)]

  return low === high ? low : `${low} to ${high}`
}

/** The middle value; the mean of the two middle ones of an even number. @throws {RangeError} when there is none */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)

  return mean(sorted.slice((sorted.length - 1) >> 1, (sorted.length >> 1) + 1))
}
