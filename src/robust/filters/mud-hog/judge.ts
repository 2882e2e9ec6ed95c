import type { VectorMath } from '../../../interface/vectors.ts'
import { cosinesTo, medianOf } from './cosines.ts'
import { afterFinding, afterLapse, type Finding, type Standing } from './standing.ts'
import { targeted } from './targeted.ts'
import { reliableFrom } from './unreliable.ts'
import { untargeted } from './untargeted.ts'

export interface JudgeOptions {
  readonly delay: number
  /** Cosine to the median below which an update points the other way. */
  readonly cosine: number
  readonly minPts: number
  readonly eps?: number
  readonly spread: number
  /** Silhouette from which a group stands apart; nothing is looked for when absent. */
  readonly separation?: number
}

/** One sender of the round, by its history. */
export interface Case {
  readonly short: Float32Array
  readonly long: Float32Array
  readonly standing: Standing
}

export interface Judgement {
  readonly standing: Standing
  /** Whether its model may not count in this round. */
  readonly isExcluded: boolean
  /** The numbers that decided, without a sender's name. */
  readonly evidence: string
}

/** What one round's rules say of a sender, and the numbers behind it. */
interface Exhibit {
  readonly finding: Finding | undefined
  readonly evidence: string
}

/**
 * Holds the senders of a round against each other: MUD-HoG's rules, in its order. This node's own history, where it has
 * one, votes as one of them and is never judged.
 */
export function judge(
  vectors: VectorMath,
  cases: readonly Case[],
  own: Pick<Case, 'short' | 'long'> | undefined,
  options: JudgeOptions
): Judgement[] {
  const isHostile = cases.map(({ standing }) => standing.confirmed !== undefined)
  const ownShort = own === undefined ? [] : [own.short]
  const trusted = [...cases.filter((_, i) => !isHostile[i]).map(({ short }) => short), ...ownShort]
  const axis = medianOf(vectors, trusted.length > 0 ? trusted : cases.map(({ short }) => short))
  const cosines = cosinesTo(
    vectors,
    cases.map(({ short }) => short),
    axis
  )
  const agree = cosines.toSorted((a, b) => a - b)[cosines.length >> 1]! >= AGREEMENT
  const exhibits: Exhibit[] = cosines.map((cosine) => ({
    finding: agree && cosine < options.cosine ? 'sign flip' : undefined,
    evidence: `cosine to the median ${cosine.toFixed(2)}`
  }))
  addUntargeted(vectors, exhibits, cases, ownShort, options)
  addTargeted(vectors, exhibits, cases, own === undefined ? [] : [own.long], options)

  return conclude(cases, exhibits, cosines, options.delay)
}

/** Indices of `cases` that have not been found, now or for good, to be one of `kinds`. */
function without(cases: readonly Case[], exhibits: readonly Exhibit[], kinds: readonly Finding[]): number[] {
  const isOne = (finding: Finding | undefined): boolean => finding !== undefined && kinds.includes(finding)

  return [...cases.keys()].filter((i) => !isOne(exhibits[i]!.finding) && !isOne(cases[i]!.standing.confirmed))
}

function addUntargeted(
  vectors: VectorMath,
  exhibits: Exhibit[],
  cases: readonly Case[],
  own: readonly Float32Array[],
  options: JudgeOptions
): void {
  const looked = without(cases, exhibits, ['sign flip'])
  const points = [...looked.map((i) => cases[i]!.short), ...own]
  const found = points.length < MIN_POINTS ? undefined : untargeted(vectors, points, options)
  if (found === undefined) return

  for (const [k, i] of looked.entries()) {
    if (!found.odd[k]) continue
    exhibits[i] = { finding: 'noise', evidence: `${found.farness[k]!.toFixed(1)} times as far out as usual models` }
  }
}

function addTargeted(
  vectors: VectorMath,
  exhibits: Exhibit[],
  cases: readonly Case[],
  own: readonly Float32Array[],
  { separation }: JudgeOptions
): void {
  const looked = without(cases, exhibits, ['sign flip', 'noise'])
  const points = [...looked.map((i) => cases[i]!.long), ...own]
  if (separation === undefined || points.length < MIN_POINTS) return

  const { apart, silhouette } = targeted(vectors, points, separation)
  // the group that this node is in is not the one to be left out
  if (own.length > 0 && apart.at(-1) === true) return
  const size = apart.filter(Boolean).length
  for (const [k, i] of looked.entries()) {
    if (!apart[k]) continue
    const evidence = `one of ${size} of ${points.length} in a group apart, silhouette ${silhouette.toFixed(2)}`
    exhibits[i] = { finding: 'targeted', evidence }
  }
}

function conclude(
  cases: readonly Case[],
  exhibits: readonly Exhibit[],
  cosines: readonly number[],
  delay: number
): Judgement[] {
  const judged = cases.map(({ standing }, i) => afterFinding(standing, exhibits[i]!.finding, delay))
  const isLookedAt = judged.map(({ confirmed }, i) => confirmed === undefined && exhibits[i]!.finding !== 'sign flip')
  const from = reliableFrom(cosines.filter((_, i) => isLookedAt[i]))

  return judged.map((before, i) => {
    const { finding, evidence } = exhibits[i]!
    const standing = isLookedAt[i] ? afterLapse(before, cosines[i]! < from, delay) : before
    const isExcluded = standing.confirmed !== undefined || finding === 'noise' || finding === 'targeted'

    return { standing, isExcluded, evidence }
  })
}

/**
 * Where the usual cosine to the median is lower, updates have no direction in common that one could turn round: at the
 * end of a schedule, say, when steps are small against the spread of the models. Deviation: the code always judges.
 */
const AGREEMENT = 0.3
/** Of two points neither is the odd one. */
const MIN_POINTS = 3
