import { formatSeconds } from '../../format.ts'
import type { Incident } from '../run-record.ts'
import type { ChartMark } from './line-chart.ts'
import { counted } from './node-names.ts'

/** Incidents closer together than this fraction of the run share a mark: it is a few pixels wide. */
const SHARE = 1 / 80
/** More nodes than this are counted, not named. */
const NAMED = 5

const CAME: Readonly<Record<Incident['kind'], boolean>> = { joined: true, rejoined: true, crashed: false, left: false }

/** Who came and who went, for the time axis of a chart. */
export function incidentMarks(incidents: readonly Incident[], untilSeconds: number): ChartMark[] {
  const groups = new Map<string, Incident[]>()
  for (const incident of incidents) {
    const bin = untilSeconds === 0 ? 0 : Math.floor(incident.seconds / untilSeconds / SHARE)
    const key = `${bin} ${incident.kind}`
    groups.set(key, [...(groups.get(key) ?? []), incident])
  }

  return [...groups.values()].map((group) => {
    const [{ seconds, kind }] = group as [Incident]

    return { seconds, kind: CAME[kind] ? 'came' : 'went', text: describe(group, kind, seconds) }
  })
}

function describe(group: readonly Incident[], kind: Incident['kind'], seconds: number): string {
  const names =
    group.length === 1
      ? `node ${group[0]!.node}`
      : group.length <= NAMED
        ? `nodes ${group.map(({ node }) => node).join(', ')}`
        : counted(group.length, 'node')

  return `${names} ${kind} at ${formatSeconds(seconds)}`
}

/** "Triangles on the time axis: 20 crashed, 3 joined."; empty when nobody came or went. */
export function describeIncidents(incidents: readonly Incident[]): string {
  const kinds = [...new Set(incidents.map(({ kind }) => kind))]
  const counts = kinds.map((kind) => `${incidents.filter((each) => each.kind === kind).length} ${kind}`)

  return counts.length === 0 ? '' : `Triangles on the time axis: ${counts.join(', ')}.`
}
