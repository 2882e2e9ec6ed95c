import type { Rng } from '../../../interface/rng.ts'

export interface PrioritiseOptions {
  /** Models to test. */
  readonly count: number
  /** How much of the choice is among models far from the own one, 0 to 1. */
  readonly exploration: number
}

/**
 * Which models are tested, where there are more than can be: most of those near the own one, which are likely to be
 * good, and some farther away, which may know something new.
 *
 * Sorted by distance and cut into thirds, `count` is shared out by (1 - a)^2, 2 a (1 - a) and a^2; within a third chance
 * decides. The shares are rounded, so that there may be one more than `count`: 4, 5 and 2 for ten and a = 0.4.
 *
 * Source: Verbraeken, de Vos and Pouwelse, "Bristle", arXiv:2110.11006, in the published parameters. Deviation: who is
 * a candidate is decided before, by the columns that a model has touched, not by a private set intersection.
 *
 * @param distances - to the own model, shape (n)
 * @returns indices, ascending; all when there are no more than `count`
 */
export function prioritise(
  distances: readonly number[],
  { count, exploration }: PrioritiseOptions,
  rng: Rng
): number[] {
  const n = distances.length
  const all = [...distances.keys()]
  if (n <= count) return all

  const order = all.sort((i, j) => distances[i]! - distances[j]! || i - j)
  const near = 1 - exploration
  const shares = [near * near, 2 * near * exploration, exploration * exploration]

  return shares
    .flatMap((share, third) => {
      const part = order.slice(Math.round((third * n) / 3), Math.round(((third + 1) * n) / 3))
      return rng.shuffle(part).slice(0, Math.round(share * count))
    })
    .sort((i, j) => i - j)
}
