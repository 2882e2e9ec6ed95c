import type { ResultOf } from '../../node/control/schema.ts'
import { formatBytes, shortPeer } from '../format.ts'
import { type Column, drawFacts, drawTable } from './columns.ts'
import { integer } from './values.ts'

const MEMBERS: readonly Column<ResultOf<'view'>[number]>[] = [
  { heading: 'peer', cell: ({ peer }) => shortPeer(peer), width: 10 },
  { heading: 'status', cell: ({ status }) => (status === 'join' ? 'joined' : 'left') },
  { heading: 'last active in', cell: ({ lastActive }) => `round ${lastActive}` },
  { heading: 'connected', cell: ({ isConnected }) => (isConnected ? 'yes' : 'no') }
]

export function drawView(rows: ResultOf<'view'>): string {
  return drawTable(MEMBERS, rows)
}

/** Peers on one line of the list of neighbours. */
const PER_LINE = 6

export function drawTopology({ topology, members, neighbours }: ResultOf<'topology'>): string {
  const lines: string[] = []
  for (let i = 0; i < neighbours.length; i += PER_LINE) {
    lines.push(
      neighbours
        .slice(i, i + PER_LINE)
        .map(shortPeer)
        .join('  ')
    )
  }

  return drawFacts([
    ['topology', topology],
    ['members', integer(members)],
    ['neighbours', lines.length === 0 ? 'none' : lines]
  ])
}

export function drawBytes(bytes: ResultOf<'bytes'>): string {
  const { sent, received, perSecondSent, perSecondReceived, payload } = bytes

  return drawFacts([
    ['sent', `${formatBytes(sent)}, ${formatBytes(perSecondSent)} a second`],
    ['received', `${formatBytes(received)}, ${formatBytes(perSecondReceived)} a second`],
    ['projections', payload === null ? null : `${formatBytes(payload)} written, a byte each`]
  ])
}

export function drawDial({ peer }: ResultOf<'dial'>): string {
  return `connected to ${peer}`
}
