import { SPSALearner } from '../../../src/learners/spsa/learner.ts'
import { isRunning, type Life } from '../life.ts'
import type { Invariant, Watch } from '../watch.ts'

/** After the last fault: by then everybody who lives is connected again. */
const REUNION_MS = 10_000

interface End {
  setHash: string
  modelHash: string
  ms: number
}

/**
 * Replicas with the same set of projections have the same bits, at every moment; when all is over, those who were not
 * cut off have the same set. No honest node writes two logs, whatever happens to it.
 */
export function replicas(watch: Watch): Invariant {
  const { learner, partitions, orders, calmMs } = watch.scenario
  if (learner !== 'spsa') return {}

  /** By set hash. */
  const states = new Map<string, { hash: string; index: number }>()
  const seen = new Map<Life, string>()
  const ends = new Map<Life, End>()
  const hold = (index: number, setHash: string, hash: string): void => {
    const known = states.get(setHash)
    if (known === undefined) states.set(setHash, { hash, index })
    else if (known.hash !== hash) {
      watch.report('same-set-same-bits', index, `set ${setHash.slice(0, 8)}: other bits than node ${known.index} had`)
    }
  }

  return {
    afterEvent: () => {
      for (const life of watch.lives) {
        const running = life !== undefined && isRunning(life) ? life.node.learner : undefined
        if (life === undefined || !(running instanceof SPSALearner) || running.replica === undefined) continue
        const { setHash } = running.replica.ledger
        if (seen.get(life) === setHash) continue
        seen.set(life, setHash)
        hold(life.index, setHash, running.replica.hash())
      }
    },
    onEvent: (life, event) => {
      if (event.event === 'author:voided') watch.report('one-log-each', life.index, `holds ${event.peer} for a liar`)
      if (event.event !== 'replica:measured') return
      hold(life.index, event.setHash, event.modelHash)
      if (event.final) ends.set(life, { setHash: event.setHash, modelHash: event.modelHash, ms: watch.nowMs })
    },
    atEnd: () => {
      const isQuiet = partitions.length === 0 && orders.length === 0
      const last = [...ends].filter(([, { ms }]) => isQuiet || ms > calmMs + REUNION_MS)
      const [first] = last
      for (const [{ index }, { setHash }] of last) {
        if (setHash === first![1].setHash) continue
        watch.report('replicas-meet', index, `ends with another set than node ${first![0].index}`)
      }
    }
  }
}
