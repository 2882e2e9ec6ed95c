import { isHonest } from '../byzantine.ts'
import { distrustInWords, type Opinion, opinionsOf } from '../distrust.ts'
import type { NodeRecord, RunRecord } from '../run-record.ts'
import { html, type Markup } from './markup.ts'
import { DRAWN_NODES } from './node-names.ts'

/** Whether any honest node's filter has ever left a peer out. */
export function hasDistrust(run: RunRecord): boolean {
  return opinionsOf(run).length > 0
}

/** Which honest node leaves out whose models, at the end, and why. */
export function renderDistrust(run: RunRecord): Markup {
  const { nodes } = run
  const opinions = opinionsOf(run)
  const note = html`<p>${distrustInWords(run)}</p>`
  if (nodes.length > DRAWN_NODES) return note

  return html`${note}
${renderMatrix(nodes, new Map(opinions.map((opinion) => [cellKey(opinion.node, opinion.of), opinion])))}`
}

/** In a matrix of more nodes cells are too small for a sign each. */
const ROOMY_NODES = 20

const cellKey = (node: number, of: number): string => `${node} ${of}`

function renderMatrix(nodes: readonly NodeRecord[], opinions: ReadonlyMap<string, Opinion>): Markup {
  return html`<table class="heat${nodes.length <= ROOMY_NODES ? '' : ' dense'}"><caption>Honest nodes down, peers across; an asterisk marks a Byzantine one. Dark: left out at the end; pale: was left out before. Point at a cell for the reason.</caption>
<thead><tr><th class="corner" scope="col">node \\ peer</th>${nodes.map((peer) => html`<th scope="col">${nameOf(peer)}</th>`)}</tr></thead>
<tbody>${nodes.filter(isHonest).map(
    ({
      index
    }) => html`<tr><th scope="row">${index}</th>${nodes.map((peer) => renderCell(opinions.get(cellKey(index, peer.index))))}</tr>
`
  )}</tbody></table>`
}

function nameOf(node: NodeRecord): string {
  return `${node.index}${isHonest(node) ? '' : '*'}`
}

function renderCell(opinion: Opinion | undefined): Markup {
  if (opinion === undefined) return html`<td></td>`
  const { node, of, score, excluded, reason, round } = opinion
  const title = `node ${node} of node ${of}, round ${round}: ${excluded ? 'left out' : 'counts again'}, score ${score.toFixed(2)}, ${reason}`

  return html`<td data-node="${of}" class="held${excluded ? ' strong' : ''}" style="--p:${excluded ? 100 : 20}%" title="${title}"><span>${excluded ? 'x' : '-'}</span></td>`
}
