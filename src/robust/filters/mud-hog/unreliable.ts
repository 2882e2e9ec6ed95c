import { largestGap } from '../largest-gap.ts'

/** There is always a largest gap; one narrower than this, in cosine, is chance. */
const MIN_GAP = 0.1

/**
 * From which cosine to the median on a sender is reliable: above the largest gap; -1 when no gap is wide enough.
 *
 * Source: MUD-HoG's fifth rule. Deviation: a least width; there some sender was below the gap in every round.
 */
export function reliableFrom(cosines: readonly number[]): number {
  const gap = largestGap(Float64Array.from(cosines).sort())

  return gap !== undefined && gap.width >= MIN_GAP ? gap.middle : -1
}
