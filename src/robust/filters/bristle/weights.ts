/** F1 scores differ by at most 1: so many times that is the base of a score's power. */
const SCALE = 10
/** A model that is better counts by a lower power of the difference than one that is worse: doubt outweighs. */
const POWER_BETTER = 3
const POWER_WORSE = 4
/** Bounds what a class can lose; the sigmoid is flat there. */
const LEAST_SCORE = -100
/** Weight = max(0, GAIN sigmoid(score / SOFTNESS) - LEVEL): 1 for an equal, at most 6, 0 from a score of -40.5 down. */
const SOFTNESS = 100
const GAIN = 10
const LEVEL = 4

/** How much a model may count, class by class. */
export interface ModelWeights {
  /** For the classes that were compared, 0 for others; shape (classes). */
  readonly familiar: Float64Array
  /** For any class that this node has no examples of. */
  readonly foreign: number
  /** Classes that were compared. */
  readonly compared: readonly number[]
}

/** The `count` classes of `candidates` with the highest F1, of equal ones the lower; ascending. */
export function bestClasses(f1: Float64Array, candidates: readonly number[], count: number): number[] {
  return [...candidates]
    .sort((a, b) => f1[b]! - f1[a]! || a - b)
    .slice(0, count)
    .sort((a, b) => a - b)
}

/** How sure one can be of a model: mean less standard deviation (of all, not of a sample) of its F1, at least 0. */
export function certaintyOf(f1: Float64Array, compared: readonly number[]): number {
  if (compared.length === 0) return 0
  const mean = compared.reduce((sum, c) => sum + f1[c]!, 0) / compared.length
  const variance = compared.reduce((sum, c) => sum + (f1[c]! - mean) ** 2, 0) / compared.length

  return Math.max(0, mean - Math.sqrt(variance))
}

/** What a class says for (above 0) or against a model: a power of how far its F1 is from the own one. */
export function classScore(own: number, theirs: number): number {
  const difference = SCALE * Math.abs(own - theirs)

  return theirs > own ? difference ** (POWER_BETTER + own) : -(difference ** (POWER_WORSE + own))
}

export function weightOf(score: number, certainty: number): number {
  const sigmoid = 1 / (1 + Math.exp(-score / SOFTNESS))

  return Math.max(0, GAIN * sigmoid - LEVEL) * certainty
}

/**
 * What a model may count for, by its F1 against the own one. Nothing when no class can be compared.
 *
 * Source: Bristle's integrator, as its published code has it.
 *
 * @param own - shape (classes), as `theirs`
 */
export function modelWeights(own: Float64Array, theirs: Float64Array, compared: readonly number[]): ModelWeights {
  const certainty = certaintyOf(theirs, compared)
  const familiar = new Float64Array(own.length)
  let total = 0
  for (const c of compared) {
    const score = classScore(own[c]!, theirs[c]!)
    familiar[c] = weightOf(Math.max(LEAST_SCORE, score), certainty)
    total += score
  }

  return { familiar, foreign: compared.length === 0 ? 0 : weightOf(total, certainty), compared }
}
