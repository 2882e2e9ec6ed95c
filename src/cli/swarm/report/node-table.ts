import { samplesMembers, sendsProjections } from '../../../node/job-progress.ts'
import { formatBytes, formatClasses, formatPercent, shortPeer } from '../../format.ts'
import { attacksInWords, isHonest } from '../byzantine.ts'
import type { NodeRecord, RunRecord } from '../run-record.ts'
import { renderDistribution } from './distribution.ts'
import { type Content, html, type Markup, NOTHING } from './markup.ts'
import { DRAWN_NODES, stateName } from './node-names.ts'

interface Column {
  heading: string
  /** Left-aligned; all others are numbers. */
  isText?: boolean
  cell: (node: NodeRecord, run: RunRecord) => Content
}

const COLUMNS: readonly Column[] = [
  { heading: 'Node', cell: ({ index }) => index },
  {
    heading: 'Peer',
    isText: true,
    cell: ({ peer }) => html`<code title="${peer ?? 'unknown'}">${shortPeer(peer)}</code>`
  },
  { heading: 'Classes', isText: true, cell: ({ classCounts }) => formatClasses(classCounts) },
  { heading: 'Examples', cell: ({ examples }) => examples },
  { heading: 'Rounds', cell: ({ rounds, trained }, { job }) => (samplesMembers(job) ? trained : rounds) },
  { heading: 'Merged', cell: ({ merged }) => merged },
  { heading: 'Accuracy', cell: ({ accuracy }) => formatPercent(accuracy) },
  { heading: 'Alone', cell: ({ index }, { baseline }) => formatPercent(baseline?.alone[index]) },
  { heading: 'Sent', cell: ({ bytes }) => formatBytes(bytes.sent) },
  { heading: 'Received', cell: ({ bytes }) => formatBytes(bytes.received) },
  { heading: 'State', isText: true, cell: ({ state, attack }) => standing(stateName(state), attack) }
]

function standing(state: string, attack: string | undefined): string {
  return attack === undefined ? state : `${state}; Byzantine: ${attack}`
}

/** Where nodes train in some rounds only, and those that merge them are not the same. */
const SAMPLED_HEADINGS: Readonly<Record<string, string>> = { Rounds: 'Rounds trained' }

/** Where nodes exchange projections: there is no baseline of nodes alone. */
const REPLICA_COLUMNS = COLUMNS.filter(({ heading }) => heading !== 'Alone')
const REPLICA_HEADINGS: Readonly<Record<string, string>> = { Rounds: 'Steps', Merged: 'Applied' }

/** Of more nodes than are listed, so many from each end. */
const EXTREMES = 10

/** Everything said of each node, in figures; of a large swarm how they are distributed, and the extremes. */
export function renderNodeTable(run: RunRecord): Markup {
  if (run.nodes.length <= DRAWN_NODES) return renderRows(run, run.nodes, 'Nodes')
  const { name, value, format } = orderedBy(run)
  const known = run.nodes.filter((node) => isHonest(node) && value(node) !== undefined)
  const attacks = attacksInWords(run.nodes)
  const ordered = known.toSorted((a, b) => value(b)! - value(a)! || a.index - b.index)
  const values = known.map((node) => value(node)!)
  const states = [...new Set(run.nodes.map(({ state }) => stateName(state)))].map(
    (state) => `${run.nodes.filter((node) => stateName(node.state) === state).length} ${state}`
  )

  return html`<p>${run.nodes.length} nodes, too many to list: ${states.join(', ')}.${attacks === '' ? '' : ` Byzantine, and not counted below: ${attacks}.`} By ${name}:</p>
${renderDistribution(values, { noun: 'node', format })}
<details><summary>The ${EXTREMES} highest</summary>${renderRows(run, ordered.slice(0, EXTREMES), 'Highest')}</details>
<details><summary>The ${EXTREMES} lowest</summary>${renderRows(run, ordered.slice(-EXTREMES), 'Lowest')}</details>`
}

interface Order {
  name: string
  value: (node: NodeRecord) => number | undefined
  format: (value: number) => string
}

/** By accuracy; where one model goes round, or none was measured, by what a node did. */
function orderedBy({ job, nodes }: RunRecord): Order {
  if (!samplesMembers(job) && nodes.some(({ accuracy }) => accuracy !== undefined)) {
    return { name: 'accuracy', value: ({ accuracy }) => accuracy, format: formatPercent }
  }

  return { name: 'rounds trained', value: ({ trained }) => trained, format: (value) => `${value}` }
}

function renderRows(run: RunRecord, nodes: readonly NodeRecord[], label: string): Markup {
  const columns = sendsProjections(run.job) ? REPLICA_COLUMNS : COLUMNS
  const names: Readonly<Record<string, string>> = sendsProjections(run.job)
    ? REPLICA_HEADINGS
    : samplesMembers(run.job)
      ? SAMPLED_HEADINGS
      : {}

  return html`<div class="scroll" tabindex="0" role="region" aria-label="${label}"><table class="nodes">
<thead><tr>${columns.map((column) => html`<th scope="col"${align(column)}>${names[column.heading] ?? column.heading}</th>`)}</tr></thead>
<tbody>${nodes.map((node) => renderRow(node, run, columns))}</tbody></table></div>`
}

function renderRow(node: NodeRecord, run: RunRecord, columns: readonly Column[]): Markup {
  return html`<tr data-node="${node.index}"${node.state === 'died' ? html` class="died"` : node.attack === undefined ? '' : html` class="byzantine"`}>${columns.map((column) => html`<td${align(column)}>${column.cell(node, run)}</td>`)}</tr>
`
}

function align({ isText }: Column): Markup {
  return isText === true ? html` class="text"` : NOTHING
}
