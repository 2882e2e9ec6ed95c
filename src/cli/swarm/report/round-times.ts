import type { Aggregation } from '../run-record.ts'

export interface RoundTime extends Aggregation {
  /** The merge before: one round earlier, or more where nobody lived to tell of those between. */
  sinceRound: number | undefined
  /** Since that merge; undefined for the first. */
  tookSeconds: number | undefined
}

/** The first merge of each round, by round, with the time from one to the next. */
export function roundTimes(aggregations: readonly Aggregation[]): RoundTime[] {
  const first = new Map<number, Aggregation>()
  for (const each of aggregations) {
    const known = first.get(each.round)
    if (known === undefined || each.seconds < known.seconds) first.set(each.round, each)
  }

  const ordered = [...first.values()].toSorted((a, b) => a.round - b.round)

  return ordered.map((each, i) => {
    const before = ordered[i - 1]
    const tookSeconds = before === undefined ? undefined : Math.max(0, each.seconds - before.seconds)

    return { ...each, sinceRound: before?.round, tookSeconds }
  })
}
