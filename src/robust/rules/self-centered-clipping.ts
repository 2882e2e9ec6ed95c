import { AggregationError } from '../errors.ts'
import type { Rows } from '../rows.ts'
import { type AggregateOptions, defineRule } from '../rule.ts'
import { clipFactor } from '../weights.ts'

/** The adaptive tau of the authors' code: the second largest distance, which one attacker can't choose. */
const DEFAULT_F = 1
/** Mixing weights come from sums of fractions. */
const SUM_TOLERANCE = 1e-6

const options = {
  tau: { kind: 'number', min: 0, max: Number.MAX_VALUE, help: 'longest difference; left out, it adapts' },
  f: { kind: 'byzantine', default: DEFAULT_F, help: 'without tau, the f largest distances are cut to the next one' }
} as const

/**
 * ClippedGossip: the own update, plus each neighbour's difference from it, clipped to tau, times the edge's mixing
 * weight. Needs no honest majority: whatever arrives moves the result by at most tau times its senders' weights.
 *
 * Source: He, Karimireddy and Jaggi, arXiv:2202.01545. Without tau it adapts, as in the authors' code, to the (f + 1)th
 * largest distance (theirs has f = 1); that is safe only while at most f of the neighbours are Byzantine.
 */
export const selfCenteredClipping = defineRule({
  summary: 'own update plus the differences of neighbours, clipped to tau; for sparse graphs, needs no honest majority',
  options,
  minRows: ({ tau, f }) => (tau === undefined ? f + 2 : 1),
  needsOwn: () => true,
  decide: (rows, values, call) => {
    const own = rows.own!
    const lengths = rows.squaredDistancesTo(own).map(Math.sqrt)
    const tau = values.tau ?? adaptiveTau(lengths, own, values.f)
    const mixing = mixingWeights(rows, call)

    const weights = new Float64Array(rows.size)
    weights[own] = 1
    for (const [i, length] of lengths.entries()) {
      if (i === own) continue
      weights[i] = mixing[i]! * clipFactor(length, tau)
      weights[own]! -= weights[i]!
    }
    return { weights }
  }
})

function adaptiveTau(lengths: Float64Array, own: number, f: number): number {
  const others = lengths.filter((_, i) => i !== own).sort()

  return others[others.length - 1 - f]!
}

function mixingWeights(rows: Rows, { mixingWeights }: AggregateOptions): readonly number[] {
  if (mixingWeights === undefined) return Array.from({ length: rows.count }, () => 1 / rows.count)

  const sum = mixingWeights.reduce((total, weight) => total + weight, 0)
  const isSound = mixingWeights.every((weight) => weight >= 0) && Math.abs(sum - 1) <= SUM_TOLERANCE
  if (mixingWeights.length !== rows.count || !isSound) {
    const message = `expected ${rows.count} mixing weights, none negative, that sum to 1`
    throw new AggregationError('ERR_MIXING_WEIGHTS', message, { weights: mixingWeights.length, updates: rows.count })
  }

  return mixingWeights
}
