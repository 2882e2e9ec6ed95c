import { definePolicy } from '../merge.ts'
import { OWN_WEIGHT, weightsFor } from '../own-weight.ts'

export const mean = definePolicy({
  summary: 'mean weighted by examples (McMahan et al. 2017)',
  options: { own: OWN_WEIGHT },
  create:
    ({ own }, { vectors }) =>
    (input) => {
      const weights = weightsFor(input, own)
      vectors.weightedSumInto(input.params, [input.params, ...input.updates.map(({ params }) => params)], weights)

      return { weights }
    }
})
