import type { ResultOf } from '../../node/control/schema.ts'
import { formatBytes, formatPercent, shortHash, shortPeer } from '../format.ts'
import { type Column, drawFacts, drawTable } from './columns.ts'
import { evaluationText } from './status.ts'
import { decimal, duration, integer, milliseconds, peerList, timeOfDay } from './values.ts'

const ROUNDS: readonly Column<ResultOf<'rounds'>[number]>[] = [
  { heading: 'round', cell: ({ round }) => integer(round), align: 'right', width: 6 },
  { heading: 'ended at', cell: ({ at }) => timeOfDay(at) },
  { heading: 'took', cell: ({ seconds }) => duration(seconds), align: 'right', width: 8 },
  { heading: 'waited', cell: ({ waitedMs }) => milliseconds(waitedMs), align: 'right', width: 8 },
  { heading: 'merged', cell: ({ merged }) => integer(merged), align: 'right' },
  { heading: 'loss', cell: ({ loss }) => decimal(loss), align: 'right', width: 8 },
  {
    heading: 'accuracy',
    cell: ({ accuracy }) => (accuracy === null ? null : formatPercent(accuracy)),
    align: 'right'
  }
]

export function drawRounds(rows: ResultOf<'rounds'>): string {
  return drawTable(ROUNDS, rows)
}

const WAITS: readonly Column<ResultOf<'why'>[number]>[] = [
  { heading: 'waits for', cell: ({ what }) => what, width: 36 },
  { heading: 'from', cell: ({ from }) => peerList(from, 2), width: 10 },
  { heading: 'since', cell: ({ sinceSeconds }) => duration(sinceSeconds), align: 'right', width: 8 },
  {
    heading: 'gives up in',
    cell: ({ deadlineInSeconds }) => duration(Math.max(0, deadlineInSeconds)),
    align: 'right',
    width: 12
  }
]

export function drawWaits(rows: ResultOf<'why'>): string {
  return drawTable(WAITS, rows)
}

/** One wait as a sentence. */
export function waitText({ what, from, deadlineInSeconds }: ResultOf<'why'>[number]): string {
  const peers = from.length === 0 ? '' : ` from ${peerList(from)}`

  return `waiting for ${what}${peers}, gives up in ${duration(Math.max(0, deadlineInSeconds))}`
}

const MODELS: readonly Column<ResultOf<'models'>[number]>[] = [
  { heading: 'peer', cell: modelOwner, width: 10 },
  { heading: 'round', cell: ({ round }) => integer(round), align: 'right', width: 6 },
  { heading: 'hash', cell: ({ hash }) => shortHash(hash) },
  { heading: 'bytes', cell: ({ bytes }) => (bytes === null ? null : formatBytes(bytes)), align: 'right', width: 8 }
]

function modelOwner({ peer, isSelf }: ResultOf<'models'>[number]): string {
  return isSelf ? `${shortPeer(peer)} (this node)` : shortPeer(peer)
}

export function drawModels(rows: ResultOf<'models'>): string {
  return drawTable(MODELS, rows)
}

const LAYERS: readonly Column<ResultOf<'compare'>['layers'][number]>[] = [
  { heading: 'layer', cell: ({ layer }) => layer, width: 12 },
  { heading: 'parameters', cell: ({ parameters }) => integer(parameters), align: 'right' },
  { heading: 'distance', cell: ({ distance }) => decimal(distance), align: 'right', width: 9 },
  { heading: 'cosine', cell: ({ cosine }) => cosine?.toFixed(4) ?? null, align: 'right', width: 7 }
]

export function drawComparison({ a, b, distance, cosine, layers }: ResultOf<'compare'>): string {
  const parameters = layers.reduce((sum, layer) => sum + layer.parameters, 0)
  const model = (row: ResultOf<'compare'>['a']): string =>
    `${modelOwner(row)}, ${row.round === null ? '' : `round ${row.round}, `}hash ${shortHash(row.hash)}`
  const all = { layer: 'all', parameters, distance, cosine }

  return `${drawFacts([
    ['a', model(a)],
    ['b', model(b)]
  ])}\n\n${drawTable(LAYERS, [...layers, all])}`
}

export function drawEvaluation(evaluation: ResultOf<'evaluate'>): string {
  return `accuracy ${evaluationText(evaluation)}, on ${evaluation.examples} examples`
}

export function drawCheckpoint({ path, round }: ResultOf<'checkpoint'>): string {
  return `checkpoint of round ${round}: ${path}`
}
