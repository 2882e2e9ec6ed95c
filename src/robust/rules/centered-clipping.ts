import { squaredDistancesToCombination } from '../gram.ts'
import type { Rows } from '../rows.ts'
import { defineRule } from '../rule.ts'
import { clipFactor } from '../weights.ts'

/**
 * From a start vector v, goes `steps` times to the mean of the updates, each seen no farther than `tau` from v.
 *
 * However many are Byzantine, the result is at most steps * tau from the start.
 *
 * Source: Karimireddy et al., ICML 2021, arXiv:2012.10333. byzfl keeps v between calls and starts it at zero; here the
 * caller keeps it and hands it over with `start=last`, so that rules have no state.
 */
export const centeredClipping = defineRule({
  summary: 'steps from a start vector towards the updates, each clipped to a length of tau',
  options: {
    tau: { kind: 'number', min: 0, max: Number.MAX_VALUE, isOpen: true, required: true, help: 'longest difference' },
    steps: { kind: 'integer', min: 1, default: 1, help: 'steps a call' },
    start: {
      kind: 'choice',
      of: ['own', 'origin', 'last'],
      default: 'own',
      help: 'own update, zero, or the last result'
    }
  },
  minRows: () => 1,
  usesOrigin: ({ start }) => start === 'origin',
  needsOwn: ({ start }) => start === 'own',
  needsStart: ({ start }) => start === 'last',
  decide: (rows, { tau, steps, start }) => {
    const from = { own: () => rows.own!, origin: () => rows.origin, last: () => rows.start }[start]()
    let weights = new Float64Array(rows.size)
    weights[from] = 1
    let squares = rows.squaredDistancesTo(from) // the first step needs no inner products

    for (let step = 0; step < steps; step++) {
      if (step > 0) squares = squaredDistancesToCombination(rows.gram(), rows.size, weights)
      weights = clippedStep(rows, weights, squares, tau)
    }
    return { weights }
  }
})

/** v + mean of (x_i - v) min(1, tau / |x_i - v|), for v the combination `weights`. */
function clippedStep(rows: Rows, weights: Float64Array, squares: Float64Array, tau: number): Float64Array<ArrayBuffer> {
  const next = Float64Array.from(weights)
  let moved = 0
  const shares = Float64Array.from(
    { length: rows.count },
    (_, i) => clipFactor(Math.sqrt(squares[i]!), tau) / rows.count
  )
  for (const share of shares) moved += share
  for (let i = 0; i < next.length; i++) next[i]! *= 1 - moved
  for (const [i, share] of shares.entries()) next[i]! += share

  return next
}
