import { maxOf, minOf } from '../../statistics.ts'
import { isLiving } from '../living.ts'
import type { CurvePoint, NodeRecord } from '../run-record.ts'

/** Lowest, mean and highest accuracy of the nodes that were running at one moment. */
export interface BandPoint {
  seconds: number
  min: number
  mean: number
  max: number
}

/**
 * What the swarm as a whole did, at `count` moments from 0 to `untilSeconds`.
 * Between two measurements a node's accuracy is taken as linear; after its
 * last one as constant, or as gone when it died or left.
 */
export function curveBand(nodes: readonly NodeRecord[], untilSeconds: number, count: number): BandPoint[] {
  return Array.from({ length: count }, (_, i) => (untilSeconds * i) / (count - 1)).flatMap((seconds) => {
    const values = nodes.flatMap((node) => accuracyAt(node, seconds) ?? [])
    if (values.length === 0) return []
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length

    return [{ seconds, min: minOf(values), mean, max: maxOf(values) }]
  })
}

function accuracyAt(node: NodeRecord, seconds: number): number | undefined {
  const { curve } = node
  const after = curve.findIndex((point) => point.seconds >= seconds)
  if (after === -1) return isLiving(node) ? curve.at(-1)?.accuracy : undefined
  const b = curve[after]!
  const a = curve[after - 1]
  if (a === undefined) return b.seconds === seconds ? b.accuracy : undefined

  return interpolate(a, b, seconds)
}

function interpolate(a: CurvePoint, b: CurvePoint, seconds: number): number {
  return a.accuracy + ((seconds - a.seconds) / (b.seconds - a.seconds)) * (b.accuracy - a.accuracy)
}
