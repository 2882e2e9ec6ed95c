import { type AttackKnowledge, defineAttack, honestSampleOf } from './attack.ts'
import { normalQuantile } from './normal-quantile.ts'
import { EVALUATIONS, searching } from './searching.ts'
import { deviationInto, scaledMeanInto } from './statistics.ts'

/** byzfl's, for when the paper's formula has no answer. */
const FALLBACK_TAU = 1.5

/**
 * The mean of the honest models, moved in each coordinate by tau of their standard deviations.
 *
 * Source: Baruch et al., NeurIPS 2019, arXiv:1902.06156. The sign is byzfl's; the paper's code, and that of
 * ClippedGossip, move the other way: for those, write a negative tau.
 */
export const aLittleIsEnough = defineAttack({
  summary: 'the mean of the honest models, moved by tau of their standard deviations in each coordinate',
  options: {
    tau: {
      kind: 'number',
      min: -1e6,
      max: 1e6,
      help: `left out, the most that hides, from n and f; ${FALLBACK_TAU} when there is none`
    }
  },
  create:
    ({ tau }, { vectors }) =>
    (out, knowledge) => {
      const honest = honestSampleOf(knowledge)
      const mean = vectors.allocate(out.length)
      try {
        scaledMeanInto(vectors, mean, honest, 1)
        deviationInto(out, honest)
        vectors.weightedSumInto(out, [mean, out], [1, tau ?? hiddenTau(knowledge)])
      } finally {
        vectors.free(mean)
      }
    }
})

/** The same, with the tau that does most harm to the rule which the honest nodes use. Source: byzfl. */
export const optimalALittleIsEnough = defineAttack({
  summary: 'a-little-is-enough with the tau that a search finds to harm the honest rule most',
  options: { evaluations: EVALUATIONS },
  create: ({ evaluations }, components) =>
    searching(components, evaluations, {
      fixedTau: hiddenTau,
      sendInto: (out, { mean, deviation }, tau) => components.vectors.weightedSumInto(out, [mean, deviation], [1, tau])
    })
})

/**
 * The largest tau with which the Byzantine models still have a majority on their side: s of the honest ones, were they
 * normal, lie farther out.
 *
 * The paper's formula, with s = floor(n / 2 + 1) - f. It has no answer where the Byzantine ones are a majority by
 * themselves, and none above 0 where they are few: the attack would send the mean, or go the other way. There, byzfl's
 * fixed 1.5.
 */
export function hiddenTau({ n, f }: Pick<AttackKnowledge, 'n' | 'f'>): number {
  const supporters = Math.floor(n / 2 + 1) - f
  const share = (n - f - supporters) / (n - f)

  return share > 0.5 && share < 1 ? normalQuantile(share) : FALLBACK_TAU
}
