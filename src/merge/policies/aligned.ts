import { denseLayers } from '../dense-layers.ts'
import { definePolicy } from '../merge.ts'
import { OWN_WEIGHT, ownWeightNeedsOwn } from '../own-weight.ts'
import { type Permutations, permuteInto, WeightMatching } from '../weight-matching.ts'

/**
 * The weighted mean, after each peer's hidden units were put in the order in which its weights are most like ours, or the first
 * model's where there is no own one. The order of hidden units means nothing to the function a network computes, but models that began differently have
 * different ones, and their plain mean is no good. Multilayer perceptrons only.
 *
 * Source: Ainsworth, Hayase and Srinivasa, "Git Re-Basin", ICLR 2023, arXiv:2209.04836; see {@link WeightMatching}.
 */
export const aligned = definePolicy({
  summary: "mean after each peer's hidden units are put in our order (Ainsworth et al. 2023); MLPs only",
  options: { own: OWN_WEIGHT },
  needsOwn: ownWeightNeedsOwn,
  create(_, { vectors, layout, rngOf }) {
    const layers = denseLayers(layout)
    const matching = new WeightMatching(layers)

    return ({ out, models, weights, round }) => {
      const rng = rngOf?.(round)
      const [reference, ...peers] = models
      const moved: number[] = []
      const matched = [reference!]
      const borrowed: Float32Array[] = []
      try {
        for (const params of peers) {
          const permutations = matching.match(reference!, params, rng)
          const fraction = movedFraction(permutations)
          moved.push(fraction)
          if (fraction === 0) {
            matched.push(params)
            continue
          }
          const permuted = vectors.allocate(layout.dim)
          borrowed.push(permuted)
          permuteInto(permuted, params, layers, permutations)
          matched.push(permuted)
        }
        vectors.weightedSumInto(out, matched, weights)
      } finally {
        for (const vector of borrowed) vectors.free(vector)
      }

      return { moved }
    }
  }
})

/** Of all hidden units, how many changed places. */
function movedFraction(permutations: Permutations): number {
  let units = 0
  let moved = 0
  for (const permutation of permutations.slice(0, -1)) {
    units += permutation.length
    for (const [place, unit] of permutation.entries()) if (unit !== place) moved++
  }

  return units === 0 ? 0 : moved / units
}
