import { maxOf } from '../../statistics.ts'
import type { NodeRecord, RunRecord } from '../run-record.ts'
import { renderDistribution } from './distribution.ts'
import { html, type Markup } from './markup.ts'
import { counted, DRAWN_NODES } from './node-names.ts'

/** With more nodes than this they go across the page and the classes down. */
const NODES_DOWN = 16
/** With more columns than this a number no longer fits into a cell. */
const NUMBERED_COLUMNS = 12
/** More cells than this are too small to see, and make the page too large. */
const MOST_CELLS = 16_384

interface Grid {
  corner: string
  columns: string[]
  rows: { name: string; cells: Cell[] }[]
}

interface Cell {
  node: number
  label: number
  count: number
}

/** How many examples of each class each node holds. */
export function renderHeatMap({ nodes }: RunRecord): Markup {
  const classes = maxOf([0, ...nodes.map(({ classCounts }) => classCounts.length)])
  if (classes === 0) return html`<p class="empty">No node said which classes it holds.</p>`
  if (nodes.length > DRAWN_NODES) return renderHoldings(nodes)
  if (classes * nodes.length > MOST_CELLS) {
    return html`<p class="empty">${counted(classes, 'class', 'classes')} on ${counted(nodes.length, 'node')}: too many to draw.</p>`
  }

  return renderGrid(nodes.length > NODES_DOWN ? classesDown(nodes, classes) : nodesDown(nodes, classes), nodes)
}

/** Of nodes too many for a map: how much each holds, and of how many classes. */
function renderHoldings(nodes: readonly NodeRecord[]): Markup {
  const held = nodes.map(({ classCounts }) => classCounts.filter((count) => count > 0).length)

  return html`<p class="note">${counted(nodes.length, 'node')} are too many for a map of who holds what. Examples at each node:</p>
${renderDistribution(
  nodes.map(({ examples }) => examples),
  { noun: 'node', format: (value) => `${Math.round(value)}` }
)}
<p class="note">Classes at each node:</p>
${renderDistribution(held, { noun: 'node', format: (value) => `${value}` })}`
}

function nodesDown(nodes: readonly NodeRecord[], classes: number): Grid {
  return {
    corner: 'node \\ class',
    columns: range(classes).map(String),
    rows: nodes.map((node) => ({
      name: `${node.index}`,
      cells: range(classes).map((label) => cell(node, label))
    }))
  }
}

function classesDown(nodes: readonly NodeRecord[], classes: number): Grid {
  return {
    corner: 'class \\ node',
    columns: nodes.map(({ index }) => `${index}`),
    rows: range(classes).map((label) => ({ name: `${label}`, cells: nodes.map((node) => cell(node, label)) }))
  }
}

function cell(node: NodeRecord, label: number): Cell {
  return { node: node.index, label, count: node.classCounts[label] ?? 0 }
}

function renderGrid({ corner, columns, rows }: Grid, nodes: readonly NodeRecord[]): Markup {
  const most = maxOf([1, ...nodes.flatMap(({ classCounts }) => classCounts)])
  const numbered = columns.length <= NUMBERED_COLUMNS
  // every so many columns have a heading, so that headings don't touch
  const every = Math.ceil(columns.length / 16)

  return html`<table class="heat${numbered ? '' : ' dense'}"><caption>Training examples of each class at each node, at most ${most}.</caption>
<thead><tr><th class="corner" scope="col">${corner}</th>${columns.map((name, i) => html`<th scope="col">${i % every === 0 ? name : html`<span class="unseen">${name}</span>`}</th>`)}</tr></thead>
<tbody>${rows.map(
    ({ name, cells }) => html`<tr><th scope="row">${name}</th>${cells.map((each) => renderCell(each, most))}</tr>
`
  )}</tbody></table>`
}

function renderCell({ node, label, count }: Cell, most: number): Markup {
  if (count === 0) return html`<td data-node="${node}"></td>`
  const percent = Math.round(12 + 88 * (count / most))

  return html`<td data-node="${node}" class="held${percent > 75 ? ' strong' : percent > 50 ? ' middle' : ''}" style="--p:${percent}%" title="node ${node}, class ${label}: ${count} examples"><span>${count}</span></td>`
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i)
}
