import type { ResultOf } from '../../node/control/schema.ts'
import { shortPeer } from '../format.ts'
import { type Column, drawFacts, drawTable } from './columns.ts'
import { clip } from './printable.ts'
import {
  bareAddress,
  counted,
  dateAndTime,
  decimal,
  duration,
  integer,
  milliseconds,
  roughDuration,
  shortAddress
} from './values.ts'

type Row = ResultOf<'peers'>[number]

const COLUMNS: readonly Column<Row>[] = [
  { heading: 'peer', cell: ({ peer }) => shortPeer(peer), width: 10 },
  {
    heading: 'address',
    cell: (row) => `${row.direction === 'inbound' ? 'from' : 'to'} ${clip(shortAddress(row.address), 26)}`
  },
  { heading: 'path', cell: ({ path }) => (path === 'direct' ? null : path), isOptional: true },
  { heading: 'for', cell: ({ connectedSeconds }) => roughDuration(connectedSeconds), align: 'right', width: 6 },
  { heading: 'delay', cell: ({ latencyMs }) => milliseconds(latencyMs), align: 'right', width: 7 },
  { heading: 'round', cell: ({ round }) => integer(round), align: 'right', width: 6 },
  { heading: 'trust', cell: trust, isOptional: true },
  { heading: 'behind', cell: ({ lag }) => integer(lag), align: 'right', isOptional: true },
  { heading: 'refused', cell: refused, isOptional: true }
]

function trust({ score, excluded }: Pick<Row, 'score' | 'excluded'>): string | null {
  if (score === null) return excluded ? 'out' : null

  return `${score.toFixed(2)}${excluded ? ' out' : ''}`
}

function refused({ rejections, lastRejection }: Pick<Row, 'rejections' | 'lastRejection'>): string | null {
  if (rejections === 0) return null

  return lastRejection === null ? String(rejections) : `${rejections} ${lastRejection}`
}

export function drawPeers(rows: readonly Row[]): string {
  return drawTable(COLUMNS, rows)
}

export function drawPeer(peer: ResultOf<'peer'>): string {
  const { agent, address, direction, path, connectedSeconds } = peer
  const isElsewhere = (other: string): boolean => address === null || bareAddress(other) !== bareAddress(address)

  return drawFacts([
    ['peer', peer.peer],
    ['agent', agent === null ? null : clip(agent, 64)],
    ['connected', direction === null ? 'no' : `${direction}, ${path}, for ${duration(connectedSeconds)}`],
    ['address', address],
    ['also at', peer.addresses.filter(isElsewhere)],
    ['delay', milliseconds(peer.latencyMs)],
    ['round', integer(peer.round)],
    ['trust', [trust(peer), peer.reason].filter((text) => text !== null).join(': ') || null],
    ['behind', peer.lag === null ? null : counted(peer.lag, 'projection')],
    ['refused', refused(peer)],
    ['banned', peer.ban === null ? null : banText(peer.ban)]
  ])
}

function banText({ since, until, reason }: NonNullable<ResultOf<'peer'>['ban']>): string {
  const end = until === null ? 'until unban' : `until ${dateAndTime(until)}`

  return `since ${dateAndTime(since)}, ${end}${reason === '' ? '' : `: ${reason}`}`
}

/** Machines are banned as well as peers, by their addresses. */
function bannedName(peer: string): string {
  return /[.:]/.test(peer) ? peer : shortPeer(peer)
}

const BANS: readonly Column<ResultOf<'bans'>[number]>[] = [
  { heading: 'peer', cell: ({ peer }) => bannedName(peer), width: 10 },
  { heading: 'since', cell: ({ since }) => dateAndTime(since) },
  { heading: 'until', cell: ({ until }) => (until === null ? 'unban' : dateAndTime(until)) },
  { heading: 'reason', cell: ({ reason }) => (reason === '' ? null : reason) }
]

export function drawBans(rows: ResultOf<'bans'>): string {
  return drawTable(BANS, rows)
}

export function drawBan(ban: ResultOf<'ban'>): string {
  return `banned ${bannedName(ban.peer)}: ${banText(ban)}`
}

const SCORES: readonly Column<ResultOf<'scores'>[number]>[] = [
  { heading: 'peer', cell: ({ peer }) => shortPeer(peer), width: 10 },
  { heading: 'trust', cell: ({ score }) => decimal(score), align: 'right' },
  { heading: 'counts', cell: ({ excluded }) => (excluded ? 'no' : 'yes') },
  { heading: 'since round', cell: ({ round }) => integer(round), align: 'right' },
  { heading: 'because', cell: ({ reason }) => (reason === '' ? null : reason) }
]

export function drawScores(rows: ResultOf<'scores'>): string {
  return drawTable(SCORES, rows)
}
