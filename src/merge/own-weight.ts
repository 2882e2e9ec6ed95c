import { mixingWeights } from './mean.ts'
import type { MergeInput } from './merge.ts'

/** The option that every policy has. */
export const OWN_WEIGHT = {
  kind: 'number',
  min: 0,
  max: 1,
  help: 'own mixing weight, the rest shared by examples; without it own params count by examples too'
} as const

/**
 * Mixing weights for own params and updates, in this order, summing to 1.
 *
 * @param own - the own weight; by examples, as in {@link mixingWeights}, when absent
 */
export function weightsFor({ examples, updates }: MergeInput, own: number | undefined): number[] {
  const weights = mixingWeights(examples, updates)
  if (own === undefined) return weights

  const ofPeers = weights.slice(1).reduce((sum, weight) => sum + weight, 0)

  return weights.map((weight, i) => (i === 0 ? own : (weight / ofPeers) * (1 - own)))
}
