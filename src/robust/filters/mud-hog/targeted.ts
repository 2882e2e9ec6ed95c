import type { VectorMath } from '../../../interface/vectors.ts'
import { silhouette, twoMeans } from '../two-means.ts'
import { medianOf } from './cosines.ts'
import { squaredDistances } from './distances.ts'

export interface Targeted {
  /** Which points are in the smaller group, when it stands apart. */
  readonly apart: readonly boolean[]
  /** How well the two groups stand apart, from -1 to 1. */
  readonly silhouette: number
}

/**
 * The smaller of two groups of long histories, as those who train towards a wrong label make one: their updates differ
 * a little every round, in the same direction.
 *
 * Source: MUD-HoG's third rule. Deviation: there some group is always the smaller one, and dropped, attack or none; here
 * only one that stands apart, and none when both are equally large. What it can't tell: honest nodes whose data differ
 * from the others' in one and the same way are such a group too.
 *
 * @param points - at least one
 * @param separation - the silhouette from which groups stand apart
 */
export function targeted(vectors: VectorMath, points: readonly Float32Array[], separation: number): Targeted {
  const n = points.length
  const squared = squaredDistances(vectors, points, medianOf(vectors, points))
  const labels = twoMeans(squared, n)
  const width = silhouette(squared.map(Math.sqrt), n, labels)
  const ones = labels.reduce((sum, label) => sum + label, 0)
  const smaller = ones < n - ones ? 1 : 0
  const isApart = width >= separation && 2 * ones !== n

  return { apart: Array.from(labels, (label) => isApart && label === smaller), silhouette: width }
}
