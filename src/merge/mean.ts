import type { Update } from './update.ts'

/**
 * A peer's number of examples counts as at most so many times our own: the
 * number is the peer's word, and without a bound one liar would be the mean.
 */
export const MAX_WEIGHT_RATIO = 10

/**
 * Mixing weights for own params and updates, in this order: proportional to
 * examples, summing to 1.
 *
 * Source: McMahan et al., AISTATS 2017, arXiv:1602.05629 (FedAvg's weights),
 * with a peer's claim bounded to MAX_WEIGHT_RATIO times our own examples.
 *
 * @returns n = updates.length + 1 weights
 */
export function mixingWeights(ownExamples: number, updates: readonly Pick<Update, 'examples'>[]): number[] {
  const own = Math.max(1, ownExamples)
  const claims = updates.map(({ examples }) => Math.min(Math.max(1, examples), own * MAX_WEIGHT_RATIO))
  const total = claims.reduce((sum, claim) => sum + claim, own)

  return [own, ...claims].map((claim) => claim / total)
}
