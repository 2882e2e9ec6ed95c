import { linearScale, coordinate as round, ticks } from '../../src/cli/swarm/report/scale.ts'
import { drawing, escaped, themes } from './svg.ts'

export interface ChartLine {
  title: string
  points: readonly (readonly [x: number, y: number])[]
  /** Dots without a line between them. */
  isScatter?: boolean
}

export interface Axis {
  title: string
  range: readonly [number, number]
  /** @default linear */
  isLogarithmic?: boolean
  /** Where labels are, for a logarithmic axis. */
  ticks?: readonly number[]
  /** @default the number itself */
  format?: (value: number) => string
}

export interface Chart {
  title: string
  x: Axis
  y: Axis
  lines: readonly ChartLine[]
  /** Moments on the x axis that something happened at. */
  marks?: { title: string; xs: readonly number[] }
}

const WIDTH = 720
const HEIGHT = 330
const LEFT = 66
const RIGHT = WIDTH - 16
const TOP = 64
const BOTTOM = HEIGHT - 46
const TICKS = 6
const MARK = 4

/** For a light and for a dark background: apart for the colour-blind too, and at least 3 to 1 against either. */
const COLOURS = [
  ['#2578d7', '#4c94ec'],
  ['#bf550f', '#e58a3c'],
  ['#1b8a66', '#26ab7e'],
  ['#8a4fc9', '#b184ec'],
  ['#b8326f', '#ea6a9f'],
  ['#6b6a1c', '#b3b03c']
] as const

/** A drawing that stands alone, readable on a light and on a dark page. */
export function renderChart(chart: Chart): string {
  const { title, x, y, lines, marks } = chart
  const px = scaleOf(x, [LEFT, RIGHT])
  const py = scaleOf(y, [BOTTOM, TOP])

  return drawing({
    title,
    width: WIDTH,
    height: HEIGHT,
    left: LEFT,
    style: style(),
    body: `${legend(lines, marks?.title)}
${tickValues(y)
  .map((value) => rule(y, value, py(value)))
  .join('\n')}
${tickValues(x)
  .map((value) => foot(x, value, px(value)))
  .join('\n')}
<text class="soft" x="${(LEFT + RIGHT) / 2}" y="${HEIGHT - 8}" text-anchor="middle">${escaped(x.title)}</text>
<text class="soft" transform="translate(16 ${(TOP + BOTTOM) / 2}) rotate(-90)" text-anchor="middle">${escaped(y.title)}</text>
${(marks?.xs ?? []).map((at) => `<path class="mark" d="M${round(px(at) - MARK)},${BOTTOM - 2 * MARK}h${2 * MARK}l${-MARK},${2 * MARK}z"/>`).join('')}
${lines.map((line, i) => drawLine(line, i, px, py)).join('\n')}`
  })
}

type Place = (value: number) => number

function scaleOf({ range, isLogarithmic = false }: Axis, pixels: readonly [number, number]): Place {
  if (!isLogarithmic) return linearScale(range, pixels)
  const place = linearScale([Math.log10(range[0]), Math.log10(range[1])], pixels)

  return (value) => place(Math.log10(value))
}

function tickValues({ ticks: given, range }: Axis): readonly number[] {
  return given ?? ticks(range[0], range[1], TICKS)
}

function rule({ format = String }: Axis, value: number, y: number): string {
  return `<path class="rule" d="M${LEFT},${round(y)}H${RIGHT}"/><text class="soft" x="${LEFT - 8}" y="${round(y)}" dy="0.35em" text-anchor="end">${escaped(format(value))}</text>`
}

function foot({ format = String }: Axis, value: number, x: number): string {
  return `<path class="rule" d="M${round(x)},${BOTTOM}v5"/><text class="soft" x="${round(x)}" y="${BOTTOM + 19}" text-anchor="middle">${escaped(format(value))}</text>`
}

function legend(lines: readonly ChartLine[], marks: string | undefined): string {
  let x = LEFT
  const entries = lines.map(({ title }, i) => {
    const entry = `<path class="line c${i}" d="M${x},42h16"/><text class="ink" x="${x + 22}" y="46">${escaped(title)}</text>`
    x += 46 + 7 * title.length
    return entry
  })
  if (marks !== undefined) {
    entries.push(
      `<path class="mark" d="M${x},38h${2 * MARK}l${-MARK},${2 * MARK}z"/><text class="ink" x="${x + 14}" y="46">${escaped(marks)}</text>`
    )
  }

  return entries.join('')
}

function drawLine({ points, isScatter = false }: ChartLine, i: number, px: Place, py: Place): string {
  const places = points.map(([x, y]) => [round(px(x)), round(py(y))] as const)
  if (isScatter) return places.map(([x, y]) => `<circle class="dot c${i}" cx="${x}" cy="${y}" r="3"/>`).join('')
  const line = `<polyline class="line c${i}" points="${places.map(([x, y]) => `${x},${y}`).join(' ')}"/>`
  // few points are worth seeing each
  const dots =
    points.length > 12 ? '' : places.map(([x, y]) => `<circle class="dot c${i}" cx="${x}" cy="${y}" r="3.5"/>`).join('')

  return line + dots
}

function style(): string {
  const theme = (which: 0 | 1): string =>
    COLOURS.map((pair, i) => `.line.c${i}{stroke:${pair[which]}}.dot.c${i}{fill:${pair[which]}}`).join('')

  return `.line{fill:none;stroke-width:2;stroke-linejoin:round}${themes({ light: theme(0), dark: theme(1) })}`
}
