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

/** The node's side of a round. */
export interface Bench {
  /** Its own history, where it has one: it votes as one of them and is never judged. */
  readonly own: Pick<Case, 'short' | 'long'> | undefined
  /** Length below which a difference of two models is rounding. */
  readonly resolution: number
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
  /** Whether the round could have shown anything: one that could not neither confirms nor clears. */
  readonly isOpen: boolean
  readonly evidence: string
}

/** Holds the senders of a round against each other: MUD-HoG's rules, in its order. */
export function judge(
  vectors: VectorMath,
  cases: readonly Case[],
  { own, resolution }: Bench,
  options: JudgeOptions
): Judgement[] {
  const owns = own === undefined ? [] : [own]
  const unconvicted = cases.filter(({ standing }) => standing.confirmed === undefined)
  const trusted = unconvicted.length + owns.length > 0 ? [...unconvicted, ...owns] : cases
  const shorts = cases.map(({ short }) => short)
  const cosines = cosinesTo(
    vectors,
    shorts,
    medianOf(
      vectors,
      trusted.map(({ short }) => short)
    )
  )
  const usual = Math.max(middleOf(trusted.map(({ long }) => lengthOf(vectors, long))), resolution)
  const common = agreement(trusted.length)
  const agree = middleOf(cosines) >= common

  const exhibits: Exhibit[] = cosines.map((cosine, i) => {
    const isLong = agree && lengthOf(vectors, shorts[i]!) >= TURNED_LENGTH * usual
    const finding = isLong && cosine < options.cosine ? 'sign flip' : undefined
    // across is not along: who was turned round is cleared by pointing where the usual ones do
    const isAlong = cases[i]!.standing.confirmed !== 'sign flip' || cosine >= common
    return {
      finding,
      isOpen: isLong && (finding !== undefined || isAlong),
      evidence: `cosine to the median ${cosine.toFixed(2)}`
    }
  })
  addUntargeted(
    vectors,
    exhibits,
    cases,
    owns.map(({ short }) => short),
    { ...options, least: usual }
  )
  addTargeted(
    vectors,
    exhibits,
    cases,
    owns.map(({ long }) => long),
    options
  )

  return conclude(cases, exhibits, cosines, options.delay)
}

const lengthOf = (vectors: VectorMath, v: Float32Array): number => Math.sqrt(vectors.dot(v, v))

/** The upper median; at least one value. */
const middleOf = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]!

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
  options: JudgeOptions & { least: number }
): void {
  const looked = without(cases, exhibits, ['sign flip'])
  const points = [...looked.map((i) => cases[i]!.short), ...own]
  const found = points.length < MIN_POINTS ? undefined : untargeted(vectors, points, options)
  if (found === undefined) return

  for (const [k, i] of looked.entries()) {
    const evidence = `${found.farness[k]!.toFixed(1)} times as far out as usual models`
    if (found.odd[k]) exhibits[i] = { finding: 'noise', isOpen: true, evidence }
    // near the usual ones: that clears of noise, also where turned signs don't show
    else if (cases[i]!.standing.confirmed === 'noise') exhibits[i] = { ...exhibits[i]!, isOpen: true }
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
    exhibits[i] = { finding: 'targeted', isOpen: true, evidence }
  }
}

function conclude(
  cases: readonly Case[],
  exhibits: readonly Exhibit[],
  cosines: readonly number[],
  delay: number
): Judgement[] {
  const judged = cases.map(({ standing }, i) => {
    const { isOpen, finding } = exhibits[i]!
    return isOpen ? afterFinding(standing, finding, delay) : standing
  })
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
 * Where the usual cosine to the median is lower, updates have no direction in common that one could turn round. `n`
 * vectors with nothing in common have one of 1 / sqrt(n) to their mean. Deviation: the code always judges.
 */
const agreement = (n: number): number => Math.max(0.3, 1.3 / Math.sqrt(n))
/**
 * An update shorter than so many times the usual long history says nothing of its sign, and moves nothing: at the end of
 * a schedule steps are small against the spread of models. Deviation: the code always judges.
 */
const TURNED_LENGTH = 0.5
/** Of two points neither is the odd one. */
const MIN_POINTS = 3
