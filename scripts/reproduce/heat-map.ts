import { coordinate } from '../../src/cli/swarm/report/scale.ts'
import { drawing, escaped, themes } from './svg.ts'

export interface HeatMap {
  title: string
  columns: readonly string[]
  rows: readonly {
    title: string
    /** One for each column; undefined leaves the cell empty. */
    values: readonly (number | undefined)[]
  }[]
  /** Values that get the first and the last colour; those beyond get the same. */
  range: readonly [number, number]
  /** What is written into a cell. @default the number itself */
  format?: (value: number) => string
}

const CELL_WIDTH = 52
const CELL_HEIGHT = 24
const TOP = 140
const MARGIN = 16
/** Of a character of the labels. */
const CHARACTER = 6.8

/** Above it black stands out more than white does. */
const MIDDLE_LUMINANCE = 0.18

type Colour = readonly [red: number, green: number, blue: number]

/** Orange, grey, blue: apart for the colour-blind, and cells bring their own ink, so that any page will do. */
const SCALE: readonly Colour[] = [
  [191, 85, 15],
  [236, 232, 226],
  [37, 120, 215]
]

/** Rows by columns, each cell a colour and its number: readable without the colours, and on a light and a dark page. */
export function renderHeatMap(map: HeatMap): string {
  const { title, columns, rows } = map
  const left = MARGIN + CHARACTER * Math.max(0, ...rows.map((row) => row.title.length)) + 8
  const width = Math.max(left + CELL_WIDTH * columns.length + 40, MARGIN * 2 + 8.2 * title.length)

  return drawing({
    title,
    width: Math.ceil(width),
    height: TOP + CELL_HEIGHT * rows.length + MARGIN,
    left: MARGIN,
    style: `.cell{font-size:12px;text-anchor:middle}${themes({ light: '', dark: '' })}`,
    body: [
      ...columns.map((column, c) => columnLabel(column, left + CELL_WIDTH * (c + 0.5))),
      ...rows.map((row, r) => drawRow(map, row, left, TOP + CELL_HEIGHT * r))
    ].join('\n')
  })
}

function columnLabel(text: string, x: number): string {
  return `<text class="ink" transform="translate(${coordinate(x)} ${TOP - 8}) rotate(-40)">${escaped(text)}</text>`
}

function drawRow(map: HeatMap, { title, values }: HeatMap['rows'][number], left: number, y: number): string {
  const label = `<text class="ink" x="${coordinate(left - 8)}" y="${y + CELL_HEIGHT / 2}" dy="0.35em" text-anchor="end">${escaped(title)}</text>`
  const cells = values.map((value, c) => (value === undefined ? '' : drawCell(map, value, left + CELL_WIDTH * c, y)))

  return label + cells.join('')
}

function drawCell({ range: [from, to], format = String }: HeatMap, value: number, x: number, y: number): string {
  const colour = colourAt((value - from) / (to - from))
  const ink = luminance(colour) > MIDDLE_LUMINANCE ? '#15181c' : '#ffffff'

  return `<rect x="${coordinate(x + 1)}" y="${y + 1}" width="${CELL_WIDTH - 2}" height="${CELL_HEIGHT - 2}" fill="rgb(${colour.join(',')})"/><text class="cell" x="${coordinate(x + CELL_WIDTH / 2)}" y="${y + CELL_HEIGHT / 2}" dy="0.35em" fill="${ink}">${escaped(format(value))}</text>`
}

/** @param at - 0 is the first colour of the scale, 1 the last */
function colourAt(at: number): Colour {
  const place = Math.min(1, Math.max(0, at)) * (SCALE.length - 1)
  const below = Math.min(Math.floor(place), SCALE.length - 2)
  const [a, b] = [SCALE[below]!, SCALE[below + 1]!]
  const mix = (i: 0 | 1 | 2): number => Math.round(a[i] + (place - below) * (b[i] - a[i]))

  return [mix(0), mix(1), mix(2)]
}

/** Relative luminance, 0 to 1, by WCAG 2. */
function luminance([red, green, blue]: Colour): number {
  const linear = (part: number): number => (part <= 10 ? part / 3294 : ((part / 255 + 0.055) / 1.055) ** 2.4)

  return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
}
