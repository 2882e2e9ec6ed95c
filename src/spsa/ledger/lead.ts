/** How far ahead of others an author may be and count: what its job has of a rate. */
export interface Lead {
  /** Authors that may do as they please: the log after so many of the longest is what others are measured by. */
  readonly liars: number
  /** Projections beyond the end of that log. */
  readonly places: number
}

/**
 * The place up to which logs of these lengths count, whoever wrote them: so many authors that write as fast as they can
 * are no further ahead than `places` of the fastest of the rest. A function of the lengths alone: replicas that have the
 * same logs agree, in whatever order and however fast these came.
 *
 * Authors with short logs, however many, do not move it; those with long ones do, from one more than `liars` on.
 */
export function boundOf(lengths: Iterable<number>, { liars, places }: Lead): number {
  const longest = [...lengths].sort((a, b) => b - a)

  return (longest[liars] ?? 0) + places
}
