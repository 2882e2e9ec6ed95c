import { AggregationError } from '../errors.ts'
import type { OptionValues } from '../options.ts'
import type { Rows } from '../rows.ts'
import { type AggregateOptions, defineRule } from '../rule.ts'
import { smallest } from '../weights.ts'

const options = {
  rho: {
    kind: 'number',
    min: 0,
    max: 1,
    isOpen: true,
    default: 0.4,
    help: 'fraction of neighbours whose loss is taken'
  },
  alpha: { kind: 'number', min: 0, max: 1, default: 0.5, help: 'weight of the own update' }
} as const

type Values = OptionValues<typeof options>

/**
 * MOZI, or UBAR: of the nearest neighbours, those whose loss on a local batch is no higher than the own model's (if
 * none, the nearest one), averaged, and mixed with the own update.
 *
 * Source: Guo et al., arXiv:2007.01560 and arXiv:1905.13012; He et al.'s code for rho and alpha. That code also takes a
 * gradient step on the batch, which it counts as a second iteration; here that is the learner's. Relies on all nodes
 * having alike data.
 */
export const mozi = defineRule({
  summary: 'own update, mixed with near ones whose loss on a local batch is no higher; data must be alike',
  options,
  minRows: () => 1,
  needsOwn: () => true,
  needsLosses: true,
  candidates: (rows, values) => [...nearest(rows, values), rows.own!].sort((a, b) => a - b),
  decide: (rows, values, { losses }) => {
    const own = rows.own!
    const weights = new Float64Array(rows.size)
    const near = nearest(rows, values)
    if (near.length === 0) {
      weights[own] = 1
      return { weights, notice: 'no neighbours to learn from' }
    }

    const lossOf = (i: number): number => readLoss(losses, i)
    const good = near.filter((i) => lossOf(i) <= lossOf(own))
    const kept = good.length > 0 ? good : [near[0]!]
    weights[own] = values.alpha
    for (const i of kept) weights[i]! += (1 - values.alpha) / kept.length
    return good.length > 0 ? { weights } : { weights, notice: 'no neighbour has a loss as low: took the nearest' }
  }
})

/** The neighbours whose loss is looked at, nearest first: rho of them, at least one. */
function nearest(rows: Rows, { rho }: Values): number[] {
  const distances = rows.squaredDistancesTo(rows.own!)
  const neighbours = rows.count - 1

  return smallest(distances, rows.count)
    .filter((i) => i !== rows.own)
    .slice(0, Math.max(1, Math.floor(rho * neighbours)))
}

/** A model that diverged may have an infinite loss or none: it counts as the worst. */
function readLoss(losses: AggregateOptions['losses'], i: number): number {
  const loss = losses?.[i]
  if (loss === undefined) {
    throw new AggregationError('ERR_LOSSES_MISSING', `mozi needs the loss of update ${i}`, { update: i })
  }

  return Number.isNaN(loss) ? Infinity : loss
}
