import type { MemberRecord } from '../../../src/interface/membership.ts'
import type { Peer } from '../../../src/interface/network.ts'
import { ModestLearner } from '../../../src/learners/modest/learner.ts'
import { leqRecord } from '../../../src/sampling/view.ts'
import { isRunning, type Life } from '../life.ts'
import type { Invariant, Watch } from '../watch.ts'

/** What a node of MoDeST knows of the members only grows, in the order of views. */
export function views(watch: Watch): Invariant {
  const before = new WeakMap<Life, Map<Peer, MemberRecord>>()

  return {
    afterEvent: () => {
      for (const life of watch.lives) {
        if (life === undefined || !isRunning(life)) continue
        const { learner } = life.node
        if (!(learner instanceof ModestLearner)) continue

        const known = before.get(life) ?? new Map<Peer, MemberRecord>()
        before.set(life, known)
        checkGrowth(watch, life, known, learner.view)
      }
    }
  }
}

/** Records are replaced, never written: one that is the same object has not changed. */
function checkGrowth(
  watch: Watch,
  { index }: Life,
  known: Map<Peer, MemberRecord>,
  view: Iterable<[Peer, MemberRecord]>
): void {
  let found = 0
  for (const [peer, record] of view) {
    const old = known.get(peer)
    if (old !== undefined) found++
    if (old === record) continue

    if (old !== undefined && !leqRecord(old, record)) {
      watch.report('views-grow', index, `${peer}: ${JSON.stringify(old)} became ${JSON.stringify(record)}`)
    }
    if (old === undefined) found++
    known.set(peer, record)
  }
  if (found < known.size) watch.report('views-grow', index, `${known.size - found} members were forgotten`)
}
