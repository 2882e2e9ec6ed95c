import { formatBar, formatBytes, formatPercent, formatSeconds } from '../format.ts'
import type { NodeRecord } from './run-record.ts'

export interface ProgressInput {
  nodes: readonly NodeRecord[]
  /** Of the run, 0 to 1. */
  progress: number
  seconds: number
  /** Characters in a line. */
  width: number
}

const BAR_WIDTH = 30

/** The screen of a run on a terminal: a bar for the run and a line for each node. */
export function progressLines({ nodes, progress, seconds, width }: ProgressInput): string[] {
  const head = `${formatBar(progress, BAR_WIDTH)} ${Math.floor(progress * 100)} %  ${formatSeconds(seconds)}`

  return [head, ...nodes.map(nodeLine)].map((line) => line.slice(0, Math.max(20, width - 1)))
}

function nodeLine(node: NodeRecord): string {
  const accuracy = node.curve.at(-1)?.accuracy
  const cells = [
    `node ${`${node.index}`.padStart(2)}`,
    node.state.padEnd(8),
    `round ${`${node.rounds}`.padStart(5)}`,
    `loss ${node.loss === undefined ? '-' : node.loss.toFixed(3)}`.padEnd(11),
    `accuracy ${formatPercent(accuracy)}`.padEnd(16),
    `sent ${formatBytes(node.bytes.sent)}`
  ]
  if (node.reason !== undefined) cells.push(node.reason)

  return cells.join('  ')
}

/** One line for a log instead of a screen. */
export function progressLine({ nodes, progress, seconds }: Omit<ProgressInput, 'width'>): string {
  const living = nodes.filter(({ state }) => state !== 'died')
  const accuracies = living.flatMap((node) => node.curve.at(-1)?.accuracy ?? [])
  const mean = accuracies.reduce((sum, value) => sum + value, 0) / accuracies.length
  const rounds = living.map((node) => node.rounds)
  const cells = [
    `${Math.floor(progress * 100)} %`.padStart(5),
    formatSeconds(seconds).padStart(8),
    `rounds ${rounds.length === 0 ? '-' : `${Math.min(...rounds)}-${Math.max(...rounds)}`}`,
    `accuracy ${formatPercent(accuracies.length === 0 ? undefined : mean)}`,
    `nodes ${living.length} of ${nodes.length}`
  ]

  return cells.join('  ')
}
