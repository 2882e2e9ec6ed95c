import { isRunning } from '../life.ts'
import type { Invariant, Watch } from '../watch.ts'

/** Of virtual time: sums of floats. */
const EPSILON_MS = 1e-6

/** Of one node: a few for each peer, which is published to and asked at the same time. */
const WAITS = { perPeer: 6, more: 8 }

/**
 * No wait outlives its deadline, and a node whose learner runs has a wait, or work under way: it says what it is at. And it
 * does not wait for ever more things.
 */
export function deadlines(watch: Watch): Invariant {
  const maxWaits = WAITS.perPeer * watch.scenario.nodes + WAITS.more

  return {
    afterEvent: () => {
      for (const life of watch.lives) {
        if (life === undefined || !isRunning(life)) continue
        const { node, index, computing } = life
        const waits = [...node.waits.list(), ...node.host.network.waits()]
        for (const { what, untilMs } of waits) {
          if (!(untilMs >= watch.nowMs - EPSILON_MS)) {
            watch.report('deadlines', index, `"${what}" was to end at ${untilMs} ms`)
          }
        }
        if (waits.length > maxWaits) watch.report('bounds', index, `${waits.length} open waits, more than ${maxWaits}`)
        if (waits.length === 0 && computing === 0) watch.report('says-why', index, 'no wait, and no work under way')
      }
    }
  }
}
