import type { Rng } from '../../src/interface/rng.ts'
import type { ChurnOrder } from '../../src/sim/churn-spec.ts'
import { chance, uniform, within } from './draws.ts'

/** Of a node, in a run with churn. */
const LATE = 0.15
const GONE = 0.3
const BACK = 0.6
/** A node comes and goes so often at most. */
const MAX_RETURNS = 3

/** Who comes and goes at which moment: none in four of ten runs. One node or more is there at the start. */
export function drawChurn(rng: Rng, nodes: number, spanMs: number): ChurnOrder[] {
  if (chance(rng, 0.4)) return []

  const first = rng.below(nodes)
  const orders = Array.from({ length: nodes }, (_, node) =>
    ordersOf(rng, { node, isLate: node !== first && chance(rng, LATE) }, spanMs)
  )

  return orders.flat().sort((a, b) => a.seconds - b.seconds)
}

function ordersOf(rng: Rng, { node, isLate }: { node: number; isLate: boolean }, spanMs: number): ChurnOrder[] {
  const orders: ChurnOrder[] = []
  let seconds = 0
  const add = (action: ChurnOrder['action'], span: number): void => {
    seconds += uniform(rng, 0.05, span / 1000)
    orders.push({ seconds, action, node })
  }
  if (isLate) add('join', spanMs)
  for (let returns = 0; chance(rng, GONE) && returns < MAX_RETURNS; returns++) {
    add(chance(rng, 0.6) ? 'crash' : 'leave', spanMs)
    if (!chance(rng, BACK)) break
    // at once, before anyone has noticed, or after a while
    add('rejoin', within(rng, { min: 0, max: 1 }) === 0 ? 500 : spanMs)
  }

  return orders
}
