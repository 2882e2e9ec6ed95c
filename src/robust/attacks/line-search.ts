/** byzfl's numbers, with which its published attacks ran. */
const FIRST_STEP = 10
const SHRINK = 0.8

/** What one tau did. */
export interface Trial {
  readonly tau: number
  readonly harm: number
}

/**
 * Looks for the tau >= 0 with the largest harm: steps outward from the best one so far, twice as far each time until a
 * step does not pay, then ever less far. It never goes back, so what it finds need not be the worst there is.
 *
 * Source: the optimal attacks of byzfl, evaluation by evaluation: start 0, delta 10, ratio 0.8. (Older versions of it,
 * and the search of Farhadkhani et al., ICML 2022, that both descend from, also walk back.)
 *
 * @param evaluations - how often `harm` may be asked, at least 1
 * @returns tau 0 when nothing harms more
 */
export function mostHarmful(harm: (tau: number) => number, evaluations: number): Trial {
  let best: Trial = { tau: 0, harm: harm(0) }
  let step = FIRST_STEP
  let isExpanding = true

  for (let left = evaluations - 1; left > 0; left--) {
    const tau = best.tau + step
    const found = harm(tau)
    if (found > best.harm) best = { tau, harm: found }
    else isExpanding = false
    step *= isExpanding ? 2 : SHRINK
  }

  return best
}
