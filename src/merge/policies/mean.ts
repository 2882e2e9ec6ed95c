import { definePolicy } from '../merge.ts'
import { OWN_WEIGHT, ownWeightNeedsOwn } from '../own-weight.ts'

export const mean = definePolicy({
  summary: 'mean weighted by examples (McMahan et al. 2017)',
  options: { own: OWN_WEIGHT },
  needsOwn: ownWeightNeedsOwn,
  create:
    (_, { vectors }) =>
    ({ out, models, weights }) => {
      vectors.weightedSumInto(out, models, weights)

      return {}
    }
})
