import type { ModelWeights } from './weights.ts'

/** What is kept of a sender. */
export interface Opinion {
  /** Running mean of what its models counted for, each at most 1. */
  readonly score: number
  readonly isExcluded: boolean
  readonly reason: string
}

/** How much the newest model moves the running score: about the last five are in it. */
const RATE = 0.3
/** Of a sender of whom nothing is known. */
const UNKNOWN = 0.5

const mean = (values: Float64Array, at: readonly number[]): number =>
  at.reduce((sum, c) => sum + values[c]!, 0) / at.length

/** Takes in how a tested model did. F1: shape (classes). */
export function afterTest(
  before: Opinion | undefined,
  { familiar, foreign, compared }: ModelWeights,
  f1: { own: Float64Array; theirs: Float64Array }
): Opinion {
  const weight = mean(familiar, compared)
  const counted = Math.min(1, weight)
  const isExcluded = weight === 0 && foreign === 0
  const numbers = `F1 ${mean(f1.theirs, compared).toFixed(2)} against own ${mean(f1.own, compared).toFixed(2)}`
  const classes = `${compared.length === 1 ? 'class' : 'classes'} ${compared.join(' ')}`

  return {
    score: before === undefined ? counted : (1 - RATE) * before.score + RATE * counted,
    isExcluded,
    reason: `${numbers} on ${classes}: weight ${isExcluded ? '0' : weight.toFixed(2)}`
  }
}

/** Of a model that knows none of this node's classes. */
export function untestable(before: Opinion | undefined): Opinion {
  const score = before?.score ?? UNKNOWN

  return { score, isExcluded: true, reason: "knows none of this node's classes yet: can't be tested" }
}
