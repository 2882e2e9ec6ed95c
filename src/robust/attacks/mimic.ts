import { defineAttack, honestOf } from './attack.ts'

/**
 * Sends what one honest node sends, and so gives its data more weight than it has: no rule can tell.
 *
 * Source: Karimireddy et al., ICLR 2022, arXiv:2006.09365. The victim is fixed, as in byzfl; the paper chooses it in a
 * warm-up.
 */
export const mimic = defineAttack({
  summary: 'a copy of one honest model',
  options: {
    epsilon: {
      kind: 'integer',
      min: 0,
      default: 0,
      help: 'which one, from 0; counted on from the start where fewer are known'
    }
  },
  create:
    ({ epsilon }) =>
    (out, knowledge) => {
      const honest = honestOf(knowledge)
      out.set(honest[epsilon % honest.length]!)
    }
})
