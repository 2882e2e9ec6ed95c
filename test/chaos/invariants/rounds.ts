import type { LearnerEvent } from '../../../src/interface/events.ts'
import { ModestLearner } from '../../../src/learners/modest/learner.ts'
import type { Life } from '../life.ts'
import type { Invariant, Watch } from '../watch.ts'

/** What one life has done so far. */
interface Tally {
  /** Newest round trained, as its trainer was told. */
  trained: number
  trainings: number
  /** Newest round that it reported, trained or not. */
  reported: number
  /** Rounds reported that were trained. */
  reports: number
}

/**
 * A node trains a round to its end at most once in a life, and never an earlier one
 * again; nothing is accepted for a round outside its window: a node's round
 * is at most one more than the newest that anyone has reached.
 */
export function rounds(watch: Watch): Invariant {
  if (watch.scenario.learner === 'spsa') return {} // steps of its own, and no model that comes from others
  const tallies = new Map<Life, Tally>()
  /** By any node, in any life. */
  let newest = 0
  const tallyOf = (life: Life): Tally => {
    const tally = tallies.get(life) ?? { trained: 0, trainings: 0, reported: 0, reports: 0 }
    tallies.set(life, tally)
    return tally
  }
  const reach = ({ index }: Life, round: number, how: string): void => {
    if (round > newest + 1)
      watch.report('round-window', index, `${how} round ${round}, when nobody had reached more than ${newest}`)
    newest = Math.max(newest, round)
  }
  const onReport = (life: Life, { round, loss }: Extract<LearnerEvent, { event: 'round:ended' }>): void => {
    const tally = tallyOf(life)
    if (round <= tally.reported)
      watch.report('rounds-ascend', life.index, `round ${round} ended after round ${tally.reported}`)
    tally.reported = round
    if (loss !== null) tally.reports++
    reach(life, round, 'ended')
    if (tally.reports > tally.trainings)
      watch.report('trained-once', life.index, `${tally.reports} rounds reported of ${tally.trainings} trained`)
  }

  return {
    // a round of MoDeST that is started again may lose all who would train it, and count nevertheless
    afterEvent: () => {
      for (const life of watch.lives) {
        const learner = life?.node.learner
        if (learner instanceof ModestLearner && learner.swarmRound > newest)
          reach(life!, learner.swarmRound, 'knows of')
      }
    },
    onTraining: (life, round) => {
      const tally = tallyOf(life)
      tally.trainings++
      if (round === undefined) {
        if (tally.trainings > tally.reports + 1) {
          watch.report('trained-once', life.index, `${tally.trainings} trainings for ${tally.reports} rounds reported`)
        }
        return
      }
      // what its server cut short as it stopped, a node trains again for the one that has started again
      const isAgain = watch.scenario.learner === 'fedavg' && round === tally.trained && round > tally.reported
      if (round <= tally.trained && !isAgain)
        watch.report('trained-once', life.index, `trains round ${round} after round ${tally.trained}`)
      tally.trained = Math.max(tally.trained, round)
      reach(life, round, 'trains')
    },
    onEvent: (life, event) => {
      if (event.event === 'round:ended') onReport(life, event)
      if (event.event === 'model:aggregated') reach(life, event.round, 'aggregated')
      // gossip's first settled model goes out in a round of its own, that nobody reports
      const isUnreported = watch.scenario.learner === 'gossip' && event.event === 'phase:started'
      if (isUnreported && event.phase === 'settle') reach(life, tallyOf(life).reported + 1, 'settles in')
    }
  }
}
