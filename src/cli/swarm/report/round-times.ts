import type { Aggregation } from '../run-record.ts'

export interface RoundTime extends Aggregation {
  /** Since the round before was merged; undefined for the first one, and after a round that nobody reported. */
  tookSeconds: number | undefined
}

/** The first merge of each round, by round, with the time from one to the next. */
export function roundTimes(aggregations: readonly Aggregation[]): RoundTime[] {
  const first = new Map<number, Aggregation>()
  for (const each of aggregations) {
    const known = first.get(each.round)
    if (known === undefined || each.seconds < known.seconds) first.set(each.round, each)
  }

  return [...first.values()]
    .toSorted((a, b) => a.round - b.round)
    .map((each) => {
      const before = first.get(each.round - 1)

      return { ...each, tookSeconds: before === undefined ? undefined : Math.max(0, each.seconds - before.seconds) }
    })
}
