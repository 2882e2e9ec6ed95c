import type { CurvePoint, NodeRecord } from '../run-record.ts'

/** A measurement of the model that goes round, and who made it. */
export interface CommonPoint extends CurvePoint {
  node: number
}

/**
 * The one curve of a learner that hands one model round: what its nodes measured, by time. Where several aggregators
 * merged the same round, the first one counts, as it does for the nodes that wait for it; the last measurement of all,
 * which is on the whole test set, stays.
 */
export function commonCurve(nodes: readonly NodeRecord[]): CommonPoint[] {
  const points = nodes
    .flatMap(({ curve, index }) => curve.map((point) => ({ ...point, node: index })))
    .toSorted((a, b) => a.seconds - b.seconds || a.node - b.node)
  const seen = new Set<number>()

  return points.filter(({ round }, i) => {
    const isFirst = !seen.has(round)
    seen.add(round)

    return isFirst || i === points.length - 1
  })
}
