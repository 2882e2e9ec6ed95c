import { InvalidConfigError } from '../../interface/errors.ts'
import type { VectorMath } from '../../interface/vectors.ts'
import type { Aggregator } from '../aggregator.ts'
import { type AttackComponents, type AttackKnowledge, type Craft, honestOf, honestSampleOf } from './attack.ts'
import { mostHarmful } from './line-search.ts'
import { deviationInto, scaledMeanInto } from './statistics.ts'

/** As many as byzfl's; each costs one aggregation. */
export const EVALUATIONS = {
  kind: 'integer',
  min: 1,
  default: 20,
  help: 'aggregations that the search may try'
} as const

/** What the honest models have in common, shape (dim) each. */
interface Statistics {
  readonly mean: Float32Array
  readonly deviation: Float32Array
}

/** An attack with one free number. */
interface Family {
  /** The number that its fixed form uses. */
  fixedTau(knowledge: AttackKnowledge): number
  sendInto(out: Float32Array, statistics: Statistics, tau: number): void
}

/**
 * Sends what harms the honest rule most: the tau for which the aggregate of the honest models and f equal Byzantine
 * ones is farthest from the honest mean.
 *
 * byzfl's search, and then one evaluation of the fixed form's tau, which the search may have walked past: so it is at
 * least as harmful as the fixed form. Where the rule can't work with so few models, the fixed form is sent.
 */
export function searching(components: AttackComponents, evaluations: number, family: Family): Craft {
  const { vectors } = components
  const aggregator = checkAggregator(components.aggregator)

  return (out, knowledge) => {
    const mean = vectors.allocate(out.length)
    const deviation = vectors.allocate(out.length)
    const aggregate = vectors.allocate(out.length)
    try {
      const statistics = { mean, deviation }
      scaledMeanInto(vectors, mean, honestOf(knowledge), 1)
      deviationInto(deviation, honestSampleOf(knowledge))
      const receiver = new Receiver({ vectors, aggregator, knowledge, mean, aggregate, sent: out })
      const harm = (tau: number): number => {
        family.sendInto(out, statistics, tau)
        return receiver.harm()
      }
      family.sendInto(out, statistics, worstTau(receiver, harm, family.fixedTau(knowledge), evaluations))
    } finally {
      for (const vector of [mean, deviation, aggregate]) vectors.free(vector)
    }
  }
}

function worstTau(receiver: Receiver, harm: (tau: number) => number, fixedTau: number, evaluations: number): number {
  if (!receiver.canAggregate) return fixedTau

  const found = mostHarmful(harm, evaluations)

  return harm(fixedTau) > found.harm ? fixedTau : found.tau
}

interface ReceiverInit {
  readonly vectors: VectorMath
  readonly aggregator: Aggregator
  readonly knowledge: AttackKnowledge
  readonly mean: Float32Array
  /** Written by each trial. */
  readonly aggregate: Float32Array
  readonly sent: Float32Array
}

/** An honest node as the attacker imagines it: the target where there is one, else whose model it knows first. */
class Receiver {
  readonly #init: ReceiverInit
  readonly #updates: readonly Float32Array[]
  readonly #own: number

  constructor(init: ReceiverInit) {
    const { knowledge, sent } = init
    const honest = honestOf(knowledge)
    this.#init = init
    this.#updates = [...honest, ...Array.from({ length: Math.max(1, knowledge.f) }, () => sent)]
    this.#own = Math.max(0, knowledge.target === undefined ? 0 : honest.indexOf(knowledge.target.params))
  }

  get canAggregate(): boolean {
    return this.#updates.length >= this.#init.aggregator.minUpdates
  }

  /** Squared distance of its aggregate to the honest mean; what is not finite it refuses. */
  harm(): number {
    const { vectors, aggregator, aggregate, mean, sent } = this.#init
    if (!vectors.allFinite(sent)) return -Infinity

    aggregator.aggregateInto(aggregate, this.#updates, { own: this.#own, start: mean })

    return vectors.squaredDistance(aggregate, mean)
  }
}

function checkAggregator(aggregator: Aggregator | undefined): Aggregator {
  if (aggregator === undefined) {
    throw new InvalidConfigError('attack: an optimal attack needs the rule that the honest nodes aggregate with')
  }
  if (aggregator.needsLosses) {
    throw new InvalidConfigError(
      `attack: an optimal attack can't search against ${aggregator.name}: it does not know the losses of honest nodes`
    )
  }

  return aggregator
}
