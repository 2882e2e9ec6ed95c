import { TARGET } from '../trainers.ts'
import type { Invariant, Watch } from '../watch.ts'

/** Float32 rounding over a run. */
const TOLERANCE = 1e-3

/**
 * Models stay where training and averaging can bring them: from zero towards
 * targets within a box, they never leave the box. Memory that was given back
 * is filled with NaN, so who still uses it is found out: by what it trains
 * from, or as a merge that came to no numbers.
 */
export function models(watch: Watch): Invariant {
  return {
    onEvent: ({ index }, event) => {
      if (event.event === 'merge:overflowed')
        watch.report('models-make-sense', index, `merged to no numbers in round ${event.round}`)
    },
    onTraining: ({ index }, round, params) => {
      const outside = params.find((value) => !(Math.abs(value) <= TARGET + TOLERANCE))
      if (outside !== undefined)
        watch.report(
          'models-make-sense',
          index,
          `trains from ${outside}${round === undefined ? '' : ` in round ${round}`}`
        )
    }
  }
}
