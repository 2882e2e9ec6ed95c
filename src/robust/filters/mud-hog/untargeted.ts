import type { VectorMath } from '../../../interface/vectors.ts'
import { dbscan, NOISE, typicalReach } from '../dbscan.ts'
import { largestGap } from '../largest-gap.ts'
import { medianOf } from './cosines.ts'
import { squaredDistances } from './distances.ts'

export interface UntargetedOptions {
  /** Neighbours, itself counted, that make a point usual; a majority of the points where that is fewer. */
  readonly minPts: number
  /** How far a neighbour may be; by how dense the usual point lies when absent. */
  readonly eps?: number
  /** How many times as far out as the farthest usual point an odd one is at least. */
  readonly spread: number
  /** Nothing so near the middle of the usual ones is odd, however near they lie. @default 0 */
  readonly least?: number
}

export interface Untargeted {
  /** Distance of each point to the middle of the usual ones, in radii of theirs. */
  readonly farness: readonly number[]
  /** Which points are noise. */
  readonly odd: readonly boolean[]
}

/** Without `eps`, so many times the usual point's reach: normal updates in many dimensions lie all about equally far. */
const EPS_FACTOR = 1.5
/** A distance counts for at most so many times the least odd one, or one huge update would hide the others' gap. */
const CAP = 2

/**
 * Which points lie apart from the dense majority, as updates with added noise do.
 *
 * Source: MUD-HoG's second rule: DBSCAN, the largest cluster is usual, odd is who is in no cluster and beyond the
 * largest gap of the distances. Deviations: `eps` follows the data unless it is given; nobody is odd unless the usual
 * ones are a majority; the gap is looked for from the usual ones' edge on, so one odd point is enough and two alike
 * ones are not told apart; nothing within `spread` of that edge or nearer than `least` is odd, where there always was
 * some gap.
 *
 * @param points - at least one
 * @returns undefined when no majority lies dense: then nothing can be said
 */
export function untargeted(
  vectors: VectorMath,
  points: readonly Float32Array[],
  { minPts, eps, spread, least = 0 }: UntargetedOptions
): Untargeted | undefined {
  const n = points.length
  const majority = Math.floor(n / 2) + 1
  const needed = Math.min(minPts, majority)
  const distances = squaredDistances(vectors, points, medianOf(vectors, points)).map(Math.sqrt)
  const reach = eps ?? EPS_FACTOR * typicalReach(distances, n, needed)
  if (reach === 0) return undefined

  const labels = dbscan(distances, n, { eps: reach, minPts: needed })
  const usual = largestCluster(labels)
  if (usual === undefined || labels.filter((label) => label === usual).length < majority) return undefined

  const middle = medianOf(
    vectors,
    points.filter((_, i) => labels[i] === usual)
  )
  const toMiddle = points.map((point) => Math.sqrt(vectors.squaredDistance(point, middle)))
  const radius = Math.max(...toMiddle.filter((_, i) => labels[i] === usual))
  const outside = toMiddle.filter((_, i) => labels[i] !== usual)
  const edge = Math.max(least, spread * radius, gapBeyond(radius, outside, CAP * spread * radius))

  return {
    farness: toMiddle.map((distance) => (radius > 0 ? distance / radius : 0)),
    odd: toMiddle.map((distance, i) => labels[i] === NOISE && distance > edge)
  }
}

/** Middle of the largest gap in the radius and what lies outside; 0 when nothing does. */
function gapBeyond(radius: number, outside: readonly number[], cap: number): number {
  const ascending = Float64Array.from([radius, ...outside.map((distance) => Math.min(distance, cap))]).sort()

  return largestGap(ascending)?.middle ?? 0
}

function largestCluster(labels: Int32Array): number | undefined {
  const sizes = new Map<number, number>()
  for (const label of labels) if (label !== NOISE) sizes.set(label, (sizes.get(label) ?? 0) + 1)
  let best: number | undefined
  for (const [label, size] of sizes) if (best === undefined || size > sizes.get(best)!) best = label

  return best
}
