import type { ResultOf } from '../control/schema.ts'
import type { InspectContext } from './context.ts'

/** The open waits, the oldest first. */
export function whyOf({ inside, now }: InspectContext): ResultOf<'why'> {
  const nowMs = now()

  return inside()
    .waits.list()
    .map(({ kind, what, from, sinceMs, untilMs }) => ({
      kind,
      what,
      from: [...from],
      sinceSeconds: (nowMs - sinceMs) / 1000,
      deadlineInSeconds: (untilMs - nowMs) / 1000
    }))
}
