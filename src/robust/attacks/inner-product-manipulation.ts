import { defineAttack, honestOf } from './attack.ts'
import { EVALUATIONS, searching } from './searching.ts'
import { scaledMeanInto } from './statistics.ts'

/** byzfl's. The paper's own are small, such as 0.1: few rules then tell it from an honest model. */
const DEFAULT_TAU = 2

/** Minus tau times the mean of the honest models. Source: Xie et al., "Fall of Empires", UAI 2019, arXiv:1903.03936. */
export const innerProductManipulation = defineAttack({
  summary: 'minus tau times the mean of the honest models',
  options: {
    tau: { kind: 'number', min: 0, max: Number.MAX_VALUE, default: DEFAULT_TAU, help: 'how far to the other side' }
  },
  create:
    ({ tau }, { vectors }) =>
    (out, knowledge) =>
      scaledMeanInto(vectors, out, honestOf(knowledge), -tau)
})

/** The same, with the tau that does most harm to the rule which the honest nodes use. Source: byzfl. */
export const optimalInnerProductManipulation = defineAttack({
  summary: 'inner-product-manipulation with the tau that a search finds to harm the honest rule most',
  options: { evaluations: EVALUATIONS },
  create: ({ evaluations }, components) =>
    searching(components, evaluations, {
      fixedTau: () => DEFAULT_TAU,
      sendInto: (out, { mean }, tau) => components.vectors.weightedSumInto(out, [mean], [-tau])
    })
})
