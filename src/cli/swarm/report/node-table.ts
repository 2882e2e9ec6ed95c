import { formatBytes, formatClasses, formatPercent, shortPeer } from '../../format.ts'
import type { NodeRecord, RunRecord } from '../run-record.ts'
import { html, type Markup } from './markup.ts'
import { stateName } from './node-names.ts'

const HEADINGS = [
  'Node',
  'Peer',
  'Classes',
  'Examples',
  'Rounds',
  'Merged',
  'Accuracy',
  'Alone',
  'Sent',
  'Received',
  'State'
]
/** Left-aligned; all others are numbers. */
const TEXT_COLUMNS = new Set(['Peer', 'Classes', 'State'])

/** Everything said of each node, in figures. */
export function renderNodeTable(run: RunRecord): Markup {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Nodes"><table class="nodes">
<thead><tr>${HEADINGS.map((name) => html`<th scope="col"${align(name)}>${name}</th>`)}</tr></thead>
<tbody>${run.nodes.map((node) => renderRow(node, run.baseline?.alone[node.index]))}</tbody></table></div>`
}

function renderRow(node: NodeRecord, alone: number | undefined): Markup {
  const cells = [
    node.index,
    html`<code title="${node.peer ?? 'unknown'}">${shortPeer(node.peer)}</code>`,
    formatClasses(node.classCounts),
    node.examples,
    node.rounds,
    node.merged,
    formatPercent(node.accuracy),
    formatPercent(alone),
    formatBytes(node.bytes.sent),
    formatBytes(node.bytes.received),
    stateName(node.state)
  ]

  return html`<tr data-node="${node.index}"${node.state === 'died' ? html` class="died"` : ''}>${cells.map((cell, i) => html`<td${align(HEADINGS[i]!)}>${cell}</td>`)}</tr>
`
}

function align(heading: string): Markup {
  return TEXT_COLUMNS.has(heading) ? html` class="text"` : html``
}
