import { AggregationError } from '../errors.ts'
import { binomial } from '../weights.ts'

/** Most subsets that a rule which tries them all may have to try: 20 updates of which 9 are Byzantine are 167,960. */
const MAX_SUBSETS = 200_000

/** @throws {AggregationError} ERR_TOO_MANY_SUBSETS when n choose f is more than can be tried in a round */
export function checkSubsets(rule: string, n: number, f: number): void {
  const subsets = binomial(n, f)
  if (subsets <= MAX_SUBSETS) return

  const message = `${rule} would try ${subsets} subsets of ${n} updates with f=${f}, at most ${MAX_SUBSETS} are possible`
  throw new AggregationError('ERR_TOO_MANY_SUBSETS', message, { n, f, subsets })
}

export interface Search {
  n: number
  /** Elements of a subset. */
  size: number
  /** What the chosen ones cost at least, whatever is added to them; called when one more has been added at the end. */
  lowerBound(chosen: readonly number[]): number
  /** What a whole subset costs; may stop early with Infinity once it is known to be at least `best`. */
  cost(chosen: readonly number[], best: number): number
}

/** The first subset, in lexicographic order, of the least cost. */
export function cheapestSubset({ n, size, lowerBound, cost }: Search): number[] {
  let best = Infinity
  let cheapest: number[] = []
  const chosen: number[] = []

  const extend = (from: number): void => {
    if (chosen.length === size) {
      const whole = cost(chosen, best)
      if (whole < best) {
        best = whole
        cheapest = [...chosen]
      }
      return
    }
    for (let next = from; next <= n - (size - chosen.length); next++) {
      chosen.push(next)
      if (lowerBound(chosen) < best) extend(next + 1)
      chosen.pop()
    }
  }
  extend(0)

  return cheapest
}
