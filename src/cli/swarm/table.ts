import {
  type Align,
  formatBytes,
  formatClasses,
  formatPercent,
  formatSeconds,
  formatTable,
  shortPeer
} from '../format.ts'
import type { NodeRecord, RunRecord } from './run-record.ts'
import { summarise } from './summary.ts'

const COLUMNS: readonly [string, Align][] = [
  ['node', 'right'],
  ['peer', 'left'],
  ['classes', 'left'],
  ['examples', 'right'],
  ['rounds', 'right'],
  ['accuracy', 'right'],
  ['alone', 'right'],
  ['sent', 'right'],
  ['received', 'right'],
  ['', 'left']
]

/** The table that a run ends with, and what it comes to. */
export function finalTable(run: RunRecord): string {
  const rows = run.nodes.map((node) => [
    `${node.index}`,
    shortPeer(node.peer),
    formatClasses(node.classCounts),
    `${node.examples}`,
    `${node.rounds}`,
    formatPercent(node.accuracy),
    formatPercent(run.baseline?.alone[node.index]),
    formatBytes(node.bytes.sent),
    formatBytes(node.bytes.received),
    node.state === 'died' ? 'died' : ''
  ])
  const table = formatTable(
    COLUMNS.map(([heading]) => heading),
    rows,
    COLUMNS.map(([, align]) => align)
  )

  return [table, '', ...outcome(run), ...run.nodes.flatMap(obituary)].join('\n')
}

function outcome(run: RunRecord): string[] {
  const { accuracy, baseline, bytes, rounds } = summarise(run)
  const { mean, min, max } = accuracy
  const lines = [
    mean === null || min === null || max === null
      ? 'swarm    ended before any node had its last model'
      : `swarm    ${formatPercent(mean)} mean accuracy on the common test set (${formatPercent(min)} to ${formatPercent(max)})`
  ]
  if (baseline.alone.mean !== null && baseline.pooled !== null) {
    lines.push(
      `alone    ${formatPercent(baseline.alone.mean)} mean accuracy of the same nodes, as many steps, without the others`,
      `pooled   ${formatPercent(baseline.pooled)} one model on all the data, as many steps, batches ${run.nodes.length} times larger`
    )
  }
  lines.push(
    `traffic  ${formatBytes(bytes.sent)} sent, ${formatBytes(bytes.perNodePerRound)} a node and round;` +
      ` ${rounds} rounds in ${formatSeconds(run.seconds)}`
  )

  return lines
}

function obituary(node: NodeRecord): string[] {
  if (node.state !== 'died') return []
  const when = `last heard at ${formatSeconds(node.lastHeardSeconds)}, round ${node.rounds}`

  return [`died     node ${node.index} ${shortPeer(node.peer)}: ${node.reason ?? 'unknown'}; ${when}`]
}
