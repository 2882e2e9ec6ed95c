/** Where a sorted list is widest apart. */
export interface Gap {
  /** Middle of the gap: between what is below and what is above. */
  readonly middle: number
  readonly width: number
}

/** The widest gap between neighbours of an ascending list, of equal ones the lowest; undefined for fewer than two. */
export function largestGap(ascending: ArrayLike<number>): Gap | undefined {
  let best: Gap | undefined
  for (let i = 1; i < ascending.length; i++) {
    const low = ascending[i - 1]!
    const high = ascending[i]!
    if (high - low > (best?.width ?? -1)) best = { middle: low + (high - low) / 2, width: high - low }
  }

  return best
}
