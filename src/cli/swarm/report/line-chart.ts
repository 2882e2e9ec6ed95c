import type { BandPoint } from './curve-band.ts'
import { stackLabels } from './label-stack.ts'
import { type Content, html, type Markup, NOTHING } from './markup.ts'
import { coordinate, linearScale, type Scale, ticks, timeTicks } from './scale.ts'

export interface ChartPoint {
  seconds: number
  /** Fraction, 0 to 1. */
  accuracy: number
  /** Shown when the pointer is near. */
  text: string
}

export interface ChartLine {
  /** Absent for a line that is not one node's. */
  node?: number
  colour: string
  title: string
  /** At least one, by time. */
  points: ChartPoint[]
  /** Ends with a cross. */
  died: boolean
}

/** Text in the margin on the right, at the height of what it names. */
export interface ChartLabel {
  text: string
  colour: string
  accuracy: number
  /** Where a thin line to it starts; absent for none. */
  fromSeconds?: number
  node?: number
}

/** Something that happened, on the time axis. */
export interface ChartMark {
  seconds: number
  kind: 'came' | 'went'
  text: string
}

export interface LineChart {
  title: string
  description: string
  lines: ChartLine[]
  /** Drawn behind the lines, when there are too many to follow each. */
  band: BandPoint[]
  /** Horizontal lines over the whole width. */
  references: { accuracy: number; colour: string }[]
  labels: ChartLabel[]
  marks: ChartMark[]
  untilSeconds: number
  /** Fractions at the bottom and the top of the drawing. */
  range: readonly [number, number]
}

export interface ChartSize {
  /** Also a CSS class: the page shows the size that fits the screen. */
  name: 'wide' | 'narrow'
  width: number
  height: number
  /** Space right of the plot for labels. */
  margin: number
  fontSize: number
  timeTicks: number
}

export interface Frame {
  x: Scale
  y: Scale
  left: number
  right: number
  top: number
  bottom: number
}

const CROSS_RADIUS = 4.5

/** Accuracy over time as inline SVG. */
export function renderLineChart(chart: LineChart, size: ChartSize): Markup {
  const frame = frameOf(chart, size)
  const id = `accuracy-${size.name}`

  return html`<svg class="chart ${size.name}" viewBox="0 0 ${size.width} ${size.height}" font-size="${size.fontSize}" role="img" aria-labelledby="${id}-title ${id}-text">
<title id="${id}-title">${chart.title}</title><desc id="${id}-text">${chart.description}</desc>
${renderAxes(chart, size, frame)}
${renderBand(chart.band, frame)}
${chart.references.map(({ accuracy, colour }) => html`<path class="reference ${colour}" d="M${frame.left},${coordinate(frame.y(accuracy))}H${frame.right}"/>`)}
${chart.lines.map((line) => renderLine(line, frame))}${renderMean(chart.band, frame)}
${chart.marks.map((mark) => renderMark(mark, frame))}
${renderLabels(chart.labels, size, frame)}
</svg>`
}

function frameOf({ untilSeconds, range }: LineChart, { width, height, margin, fontSize }: ChartSize): Frame {
  const left = fontSize * 3.9
  const right = width - margin
  const top = fontSize
  const bottom = height - fontSize * 2.2

  return {
    x: linearScale([0, untilSeconds], [left, right]),
    y: linearScale(range, [bottom, top]),
    left,
    right,
    top,
    bottom
  }
}

function renderAxes({ range, untilSeconds }: LineChart, size: ChartSize, frame: Frame): Markup {
  const { left, right, bottom } = frame
  const rows = ticks(range[0] * 100, range[1] * 100, 6).map((percent) => {
    const y = coordinate(frame.y(percent / 100))
    return html`<path class="grid" d="M${left},${y}H${right}"/><text class="tick" x="${left - 8}" y="${y}" dy="0.35em" text-anchor="end">${percent} %</text>`
  })
  const columns = timeTicks(untilSeconds, size.timeTicks).map(({ seconds, label }) => {
    const x = coordinate(frame.x(seconds))
    return html`<path class="grid" d="M${x},${bottom}v4"/><text class="tick" x="${x}" y="${bottom + size.fontSize * 1.5}" text-anchor="middle">${label}</text>`
  })

  return html`<g aria-hidden="true">${rows}${columns}</g>`
}

function renderBand(band: readonly BandPoint[], { x, y }: Frame): Markup {
  if (band.length === 0) return NOTHING
  const upper = band.map(({ seconds, max }) => pair(x(seconds), y(max)))
  const lower = band.map(({ seconds, min }) => pair(x(seconds), y(min))).reverse()

  return html`<polygon class="band" points="${[...upper, ...lower].join(' ')}"/>`
}

/** Over the lines, which would hide it. */
function renderMean(band: readonly BandPoint[], { x, y }: Frame): Markup {
  if (band.length === 0) return NOTHING

  return html`<polyline class="mean" points="${band.map(({ seconds, mean }) => pair(x(seconds), y(mean))).join(' ')}"/>`
}

function renderLine({ node, colour, title, points, died }: ChartLine, { x, y }: Frame): Markup {
  const places = points.map(({ seconds, accuracy }) => pair(x(seconds), y(accuracy)))
  const [endX, endY] = [coordinate(x(points.at(-1)!.seconds)), coordinate(y(points.at(-1)!.accuracy))]
  const r = CROSS_RADIUS
  const end = died
    ? html`<path class="cross" d="M${endX - r},${endY - r}l${2 * r},${2 * r}m0,${-2 * r}l${-2 * r},${2 * r}"/>`
    : html`<circle class="end" cx="${endX}" cy="${endY}" r="3"/>`

  return html`<g class="line ${colour}"${nodeAttribute(node)} data-read="${points.map(({ text }) => text).join('|')}"><title>${title}</title><polyline points="${places.join(' ')}"/>${end}</g>
`
}

function renderLabels(labels: readonly ChartLabel[], { fontSize }: ChartSize, frame: Frame): Content {
  const wanted = labels.map(({ accuracy }) => frame.y(accuracy))
  const places = stackLabels(wanted, fontSize * 1.25, [frame.top, frame.bottom])

  return labels.map(({ text, colour, fromSeconds, node }, i) => {
    const [from, to] = [coordinate(wanted[i]!), coordinate(places[i]!)]
    const leader =
      fromSeconds === undefined
        ? NOTHING
        : html`<path d="M${coordinate(frame.x(fromSeconds))},${from}H${frame.right}L${frame.right + 10},${to}"/>`

    return html`<g class="label ${colour}"${nodeAttribute(node)}>${leader}<path class="swatch" d="M${frame.right + 12},${to}h10"/><text x="${frame.right + 26}" y="${to}" dy="0.35em">${text}</text></g>
`
  })
}

const MARK_RADIUS = 4

/** A triangle on the time axis: upwards for who came, downwards for who went. */
export function renderMark({ seconds, kind, text }: ChartMark, { x, bottom }: Pick<Frame, 'x' | 'bottom'>): Markup {
  const r = MARK_RADIUS
  const path = kind === 'came' ? `M${-r},0h${2 * r}l${-r},${-2 * r}z` : `M${-r},${-2 * r}h${2 * r}l${-r},${2 * r}z`

  return html`<g class="mark ${kind}" transform="translate(${coordinate(x(seconds))},${coordinate(bottom)})"><title>${text}</title><path d="${path}"/></g>`
}

function nodeAttribute(node: number | undefined): Markup {
  return node === undefined ? NOTHING : html` data-node="${node}"`
}

function pair(x: number, y: number): string {
  return `${coordinate(x)},${coordinate(y)}`
}
