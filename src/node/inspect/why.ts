import { describeWait } from '../../interface/waits.ts'
import type { ResultOf } from '../control/schema.ts'
import { shortPeer } from '../short-peer.ts'
import type { InspectContext } from './context.ts'

/** The open waits, the oldest first. */
export function whyOf({ inside, now }: InspectContext): ResultOf<'why'> {
  const nowMs = now()

  return inside()
    .waits.list()
    .map((wait) => ({
      kind: wait.kind,
      text: describeWait(wait, nowMs, shortPeer),
      what: wait.what,
      from: [...wait.from],
      sinceSeconds: (nowMs - wait.sinceMs) / 1000,
      deadlineInSeconds: (wait.untilMs - nowMs) / 1000
    }))
}
