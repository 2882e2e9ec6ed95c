import { formatPercent, formatTable } from '../../src/cli/format.ts'
import { maxOf, minOf } from '../../src/cli/statistics.ts'
import { memoryChange } from './judge/memory.ts'
import { longestStall } from './judge/rounds.ts'
import { ageOf, type Finding, type Life } from './life.ts'

export interface MinuteInput {
  minute: number
  lives: readonly Life[]
  /** Broken promises so far. */
  findings: readonly Finding[]
}

/** `  3 min  8 living, 1 paused  rounds 212 to 240  memory 345 to 392 MB  descriptors 38 to 45  0 broken`. */
export function minuteLine({ minute, lives, findings }: MinuteInput): string {
  const living = lives.filter(({ end }) => end === undefined)
  const paused = living.filter(({ pauses }) => pauses.some(({ toSeconds }) => toSeconds === undefined)).length
  const samples = living.flatMap(({ samples }) => samples.at(-1) ?? [])

  return [
    `${minute} min`.padStart(6),
    `${living.length} living${paused === 0 ? '' : `, ${paused} paused`}`,
    `rounds ${range(living.map(({ growth }) => growth.at(-1)?.round ?? 0))}`,
    `memory ${range(samples.map(({ rssBytes }) => Math.round(rssBytes / 1e6)))} MB`,
    `descriptors ${range(samples.map(({ sockets, files }) => sockets + files))}`,
    `${findings.length} broken`
  ].join('  ')
}

/** A row for each process that there was. */
export function livesTable(lives: readonly Life[], nowSeconds: number): string {
  const rows = lives.map((life) => {
    const memory = memoryChange(life)

    return [
      `${life.node}`,
      `${life.pid}`,
      ageOf(life, nowSeconds).toFixed(0),
      ending(life),
      `${life.growth[0]?.round ?? '-'} to ${life.growth.at(-1)?.round ?? '-'}`,
      longestStall(life, nowSeconds).seconds.toFixed(0),
      megabytes(memory?.settledBytes),
      megabytes(memory?.lastBytes),
      memory === undefined ? 'too young' : `${memory.change > 0 ? '+' : ''}${formatPercent(memory.change)}`,
      `${life.samples.at(-1)?.sockets ?? '-'}+${life.samples.at(-1)?.files ?? '-'}`,
      `${life.looks}`
    ]
  })

  return formatTable(HEADINGS, rows, ALIGN)
}

const HEADINGS = [
  'node',
  'process',
  's',
  'end',
  'rounds',
  'stall s',
  'settled MB',
  'last MB',
  'change',
  'descriptors',
  'looks'
]
const ALIGN = [
  'right',
  'right',
  'right',
  'left',
  'right',
  'right',
  'right',
  'right',
  'right',
  'right',
  'right'
] as const

function ending({ order, end }: Life): string {
  if (end === undefined) return 'never'
  if (order?.kind === 'crash') return 'crash'

  return end.signal ?? `exit ${end.code}`
}

function megabytes(bytes: number | undefined): string {
  return bytes === undefined ? '-' : (bytes / 1e6).toFixed(0)
}

function range(values: readonly number[]): string {
  if (values.length === 0) return '-'

  return `${minOf(values)} to ${maxOf(values)}`
}
