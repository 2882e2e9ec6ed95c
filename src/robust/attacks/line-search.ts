/** byzfl's numbers, with which its published attacks ran. */
const FIRST_STEP = 10
const SHRINK = 0.8

/**
 * Looks for the tau >= 0 with the largest harm: doubles the step while that pays, then walks back and forth with
 * shrinking ones. Finds a maximum, not always the largest.
 *
 * Source: byzfl's optimal attacks, step by step: from 0, first step 10, ratio 0.8.
 *
 * @param evaluations - how often `harm` may be asked, at least 1
 * @returns 0 when nothing harms more
 */
export function mostHarmful(harm: (tau: number) => number, evaluations: number): number {
  const best = { tau: 0, harm: harm(0) }
  let left = evaluations - 1
  let step = FIRST_STEP
  let tau = 0
  let isBetter = true
  const tryOne = (candidate: number): void => {
    tau = candidate
    left--
    const found = harm(tau)
    isBetter = found > best.harm
    if (isBetter) Object.assign(best, { tau, harm: found })
  }

  while (left > 0 && isBetter) {
    tryOne(best.tau + step)
    step *= isBetter ? 2 : SHRINK
  }
  while (left > 0) {
    tryOne(tau < best.tau ? tau + step : stepBack(tau, step))
    step *= SHRINK
  }

  return best.tau
}

/** A step towards 0, halved as often as it takes not to go past it. */
function stepBack(tau: number, step: number): number {
  let back = tau - step
  while (back < 0) back = (back + tau) / 2

  return back
}
