import { mixingWeights } from './mean.ts'
import type { MergeInput } from './merge.ts'
import type { Update } from './update.ts'

/** The option that every policy has. */
export const OWN_WEIGHT = {
  kind: 'number',
  min: 0,
  max: 1,
  help: 'own mixing weight, the rest shared by examples; without it own params count by examples too'
} as const

/**
 * Mixing weights for own params, if they take part, and updates, in this order, summing to 1.
 *
 * Whoever has no model of its own may not have examples like the others' either: then claims are bounded by the median
 * claim, which half of the peers would have to lie about.
 *
 * @param own - the own weight; by examples, as in {@link mixingWeights}, when absent
 */
export function weightsFor(
  { examples, updates, hasOwn = true }: Pick<MergeInput, 'examples' | 'updates' | 'hasOwn'>,
  own?: number
): number[] {
  const [byExamples, ...claims] = mixingWeights(hasOwn ? examples : medianClaim(updates), updates)
  const first = hasOwn ? [own ?? byExamples!] : []
  if (hasOwn && own === undefined) return [...first, ...claims]

  const ofPeers = claims.reduce((sum, claim) => sum + claim, 0)
  const shared = hasOwn ? 1 - own! : 1

  return [...first, ...claims.map((claim) => (claim / ofPeers) * shared)]
}

/** The lower of the two middle ones when there are two. */
function medianClaim(updates: readonly Pick<Update, 'examples'>[]): number {
  const claims = updates.map(({ examples }) => examples).sort((a, b) => a - b)

  return claims[(claims.length - 1) >> 1] ?? 1
}

/** Of a policy whose only use for the own model is its weight. */
export function ownWeightNeedsOwn({ own }: { own?: number }): string | undefined {
  return own === undefined ? undefined : 'has own=, a weight for the own model: leave it out'
}
