import { type AttackKnowledge, type AttackTarget, defineAttack } from './attack.ts'
import { AttackError } from './errors.ts'

/** The authors' runs. With 1 gossip averaging stands still; above, the target drifts away from its honest neighbours. */
const DEFAULT_EPSILON = 1.5

/**
 * Sends each target its own model, moved away from its honest neighbours, as far as cancels epsilon times their pull.
 *
 * Source: He, Karimireddy and Jaggi, arXiv:2202.01545: x_t - epsilon * sum(w_j * (x_j - x_t)) / w_byzantine.
 */
export const dissensus = defineAttack({
  summary: 'pushes each target away from its honest neighbours, against epsilon times their pull',
  options: {
    epsilon: {
      kind: 'number',
      min: 0,
      max: Number.MAX_VALUE,
      default: DEFAULT_EPSILON,
      help: 'share of the pull that is cancelled; above 1 it drives nodes apart'
    }
  },
  perTarget: true,
  create:
    ({ epsilon }, { vectors }) =>
    (out, knowledge) => {
      const { params, honestWeights, byzantineWeight } = targetOf(knowledge)
      const factor = epsilon / byzantineWeight
      const pull = honestWeights.reduce((sum, weight) => sum + weight, 0)
      const inputs = [params, ...knowledge.honest]
      vectors.weightedSumInto(out, inputs, [1 + factor * pull, ...honestWeights.map((weight) => -factor * weight)])
    }
})

function targetOf({ target, honest }: AttackKnowledge): AttackTarget {
  if (target === undefined) throw new AttackError('ERR_ATTACK_TARGET', 'dissensus needs to know whom it sends to')

  const weights = target.honestWeights
  const isSound = weights.length === honest.length && weights.every((weight) => weight >= 0 && weight <= 1)
  if (!isSound || !(target.byzantineWeight > 0)) {
    const message = `expected ${honest.length} mixing weights of the target, and a Byzantine weight above 0`
    const details = { weights: weights.length, honest: honest.length, byzantineWeight: target.byzantineWeight }
    throw new AttackError('ERR_ATTACK_TARGET', message, details)
  }

  return target
}
