import type { SimulationEvent } from '../../node/simulation-types.ts'

/** What the merge policy said of one round, over the nodes that merged it so far. */
export interface MergeMean {
  readonly round: number
  /** When the last of them merged. */
  readonly seconds: number
  readonly nodes: number
  /** Mean over the nodes of what tensors were stretched by; undefined for policies that stretch nothing. */
  readonly factor: number | undefined
  /** Mean over the nodes of the fraction of hidden units that changed places. */
  readonly moved: number | undefined
}

/**
 * Takes one node's merge into the means, which are kept by round. That of a node whose model is no number, which JSON
 * has as null, counts for nothing.
 */
export function recordMerge(
  means: Map<number, MergeMean>,
  { round, factor, moved }: Extract<SimulationEvent, { event: 'model:merged' }>,
  seconds: number
): void {
  if ([factor, moved].some((value) => value !== undefined && !Number.isFinite(value))) return

  const before = means.get(round)
  const count = (before?.nodes ?? 0) + 1
  means.set(round, {
    round,
    seconds,
    nodes: count,
    factor: meanWith(before?.factor, factor, count),
    moved: meanWith(before?.moved, moved, count)
  })
}

/** The mean of `count` values: `mean` of all but the last. */
function meanWith(mean: number | undefined, last: number | undefined, count: number): number | undefined {
  return last === undefined ? mean : (mean ?? 0) + (last - (mean ?? 0)) / count
}
