import { defineAttack, honestOf } from './attack.ts'
import { scaledMeanInto } from './statistics.ts'

/** The mean of the honest models, turned round. Source: Allen-Zhu et al., ICLR 2021; as in byzfl. */
export const signFlipping = defineAttack({
  summary: 'minus the mean of the honest models',
  options: {},
  create:
    (_, { vectors }) =>
    (out, knowledge) =>
      scaledMeanInto(vectors, out, honestOf(knowledge), -1)
})
