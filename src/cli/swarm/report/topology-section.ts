import { attacksInWords } from '../byzantine.ts'
import type { NodeRecord, RunRecord } from '../run-record.ts'
import { onCircle, renderDial, renderDialKey } from './class-dial.ts'
import { html, type Markup, NOTHING } from './markup.ts'
import { counted, DRAWN_NODES, describeNode } from './node-names.ts'
import { coordinate } from './scale.ts'

const SIZE = 460
const CENTRE: readonly [number, number] = [SIZE / 2, SIZE / 2]
const LARGEST_DIAL = 26
/** Below this the number no longer fits into the ring and goes beside it. */
const SMALLEST_WITH_NUMBER = 13

interface Layout {
  radius: number
  /** Of each node's dial. */
  dial: number
  places: readonly (readonly [number, number])[]
}

/** Who exchanged models with whom, and what each of them had to learn from. */
export function renderTopology(run: RunRecord): Markup {
  if (run.nodes.length < 2) return html`<p class="empty">No other node to exchange models with.</p>`
  if (run.nodes.length > DRAWN_NODES) {
    const graph = 'topology' in run.job.learner ? run.job.learner.topology : run.job.learner.name

    return html`<p class="empty">Topology ${graph} of ${counted(run.nodes.length, 'node')}: too many to draw.</p>`
  }
  const classes = Math.max(0, ...run.nodes.map(({ classCounts }) => classCounts.length))
  const layout = layOut(run.nodes.length)
  const neighbours = neighboursOf(run)
  const text = describe(run, neighbours)

  return html`<figure class="topology"><svg viewBox="0 0 ${SIZE} ${SIZE}" font-size="12" role="img" aria-labelledby="topology-title topology-text">
<title id="topology-title">Topology</title><desc id="topology-text">${text}</desc>
<path class="edges" stroke-width="${edgeWidth(run.edges.length)}" d="${run.edges.map(([a, b]) => edge(layout, a, b)).join('')}"/>
${run.nodes.map((node, i) => renderNode(node, i, layout, neighbours[i] ?? []))}
</svg><figcaption>${classes > 1 ? renderDialKey(classes) : NOTHING}<span>${text}${classes > 1 ? ' Each ring shows which classes a node holds.' : ''}</span></figcaption></figure>`
}

function layOut(count: number): Layout {
  // as large as fits on the circle with a gap, numbers outside included
  const available = (Math.PI * (SIZE / 2 - 24)) / count
  const dial = coordinate(Math.max(2, Math.min(LARGEST_DIAL, available * 0.8)))
  const outside = dial < SMALLEST_WITH_NUMBER ? 20 : 2
  const radius = SIZE / 2 - dial - outside

  return { radius, dial, places: Array.from({ length: count }, (_, i) => onCircle(i / count, radius, CENTRE)) }
}

/** Thinner the more there are: the edges of a full graph would fill the circle. */
function edgeWidth(edges: number): number {
  return Math.max(0.1, Math.round(Math.min(1.2, 160 / edges) * 100) / 100)
}

function neighboursOf({ nodes, edges }: RunRecord): number[][] {
  const neighbours: number[][] = nodes.map(() => [])
  for (const [a, b] of edges) {
    neighbours[a]?.push(b)
    neighbours[b]?.push(a)
  }

  return neighbours
}

/** From rim to rim; empty when one end is not a node. */
function edge({ places, dial }: Layout, a: number, b: number): string {
  const from = places[a]
  const to = places[b]
  if (from === undefined || to === undefined) return ''
  const length = Math.hypot(to[0] - from[0], to[1] - from[1])
  if (length <= 2 * dial) return ''
  const [dx, dy] = [((to[0] - from[0]) / length) * dial, ((to[1] - from[1]) / length) * dial]

  return `M${coordinate(from[0] + dx)},${coordinate(from[1] + dy)}L${coordinate(to[0] - dx)},${coordinate(to[1] - dy)}`
}

function renderNode(node: NodeRecord, i: number, layout: Layout, neighbours: readonly number[]): Markup {
  const { dial } = layout
  const [x, y] = layout.places[i]!
  const died = node.state === 'died'
  const cross = `M${coordinate(x - dial)},${coordinate(y - dial)}l${2 * dial},${2 * dial}m0,${-2 * dial}l${-2 * dial},${2 * dial}`

  return html`<g class="node${died ? ' died' : ''}${node.attack === undefined ? '' : ' byzantine'}" data-node="${node.index}"><title>${describeNode(node)}</title>
<path class="spokes" d="${neighbours.map((other) => edge(layout, i, other)).join('')}"/><circle class="disc" cx="${x}" cy="${y}" r="${dial}"/>${node.attack === undefined ? NOTHING : html`<circle class="rim" cx="${x}" cy="${y}" r="${coordinate(dial + 2)}"/>`}${renderDial(node.classCounts, [x, y], dial, coordinate(dial * 0.38))}${died ? html`<path class="cross" d="${cross}"/><circle class="disc" cx="${x}" cy="${y}" r="${coordinate(dial * 0.55)}"/>` : NOTHING}${renderNumber(node.index, i, layout)}</g>
`
}

function renderNumber(index: number, i: number, { radius, dial, places }: Layout): Markup {
  const [x, y] = dial >= SMALLEST_WITH_NUMBER ? places[i]! : onCircle(i / places.length, radius + dial + 9, CENTRE)
  const size = dial >= SMALLEST_WITH_NUMBER ? coordinate(Math.max(9, dial * 0.55)) : 9

  return html`<text x="${x}" y="${y}" dy="0.35em" text-anchor="middle" font-size="${size}">${index}</text>`
}

function describe({ nodes, edges, job }: RunRecord, neighbours: readonly number[][]): string {
  const degrees = neighbours.map((others) => others.length)
  const [fewest, most] = [Math.min(...degrees), Math.max(...degrees)]
  const each = fewest === most ? `${counted(most, 'neighbour')} each` : `${fewest} to ${most} neighbours each`
  const died = nodes.filter(({ state }) => state === 'died').map(({ index }) => index)
  const attacks = attacksInWords(nodes)

  return [
    `Topology ${'topology' in job.learner ? job.learner.topology : job.learner.name}: ${counted(nodes.length, 'node')}, ${counted(edges.length, 'edge')}, ${each}, as at the start.`,
    ...(attacks === '' ? [] : [`Byzantine, with a dotted rim: ${attacks}.`]),
    ...(died.length === 0 ? [] : [`Crossed out: died (${died.join(', ')}).`])
  ].join(' ')
}
