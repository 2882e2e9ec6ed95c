import { maxOf } from '../../statistics.ts'
import { type ChartMark, renderMark } from './line-chart.ts'
import { html, type Markup } from './markup.ts'
import { coordinate, linearScale, ticks, timeTicks } from './scale.ts'

/** A value that held for a while. */
export interface StepPoint {
  fromSeconds: number
  seconds: number
  value: number
  text: string
}

/** One quantity over time, its axis from 0. */
export interface StepChart {
  title: string
  /** By time. */
  points: StepPoint[]
  marks: ChartMark[]
  untilSeconds: number
  /** After the figures of the axis. */
  unit: string
}

const WIDTH = 500
const HEIGHT = 220
const LEFT = 52
const RIGHT = WIDTH - 12
const TOP = 10
const BOTTOM = HEIGHT - 28
/** More points than this are a line without tool tips: the page would grow, and nobody could hit one. */
const MOST_TIPS = 150
/** More points than this lie less than a pixel apart. */
const MOST_POINTS = 600

/** A small chart of steps, for one quantity of each round. */
export function renderStepChart({ title, points, marks, untilSeconds, unit }: StepChart): Markup {
  const x = linearScale([0, untilSeconds], [LEFT, RIGHT])
  const top = maxOf([1e-9, ...points.map(({ value }) => value)])
  const y = linearScale([0, top * 1.05], [BOTTOM, TOP])
  const shown = thin(points)
  const steps = shown.map(
    ({ fromSeconds, seconds, value }, i) =>
      `${i === 0 ? 'M' : 'L'}${coordinate(x(fromSeconds))},${coordinate(y(value))}H${coordinate(x(seconds))}`
  )
  const dots = shown.length > MOST_TIPS ? [] : shown

  return html`<svg class="step-chart" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-size="12" role="img" aria-label="${title}">
<g aria-hidden="true">${ticks(0, top, 4).map((value) => {
    const at = coordinate(y(value))
    return html`<path class="grid" d="M${LEFT},${at}H${RIGHT}"/><text class="tick" x="${LEFT - 8}" y="${at}" dy="0.35em" text-anchor="end">${value}${unit}</text>`
  })}${timeTicks(untilSeconds, 5).map(({ seconds, label }) => {
    const at = coordinate(x(seconds))
    return html`<path class="grid" d="M${at},${BOTTOM}v4"/><text class="tick" x="${at}" y="${BOTTOM + 18}" text-anchor="middle">${label}</text>`
  })}</g>
<path class="quantity" d="${steps.join('')}"/>${dots.map(
    ({ fromSeconds, seconds, value, text }) =>
      html`<circle class="dot" cx="${coordinate(x((fromSeconds + seconds) / 2))}" cy="${coordinate(y(value))}" r="3"><title>${text}</title></circle>`
  )}
${marks.map((mark) => renderMark(mark, { x, bottom: BOTTOM }))}
</svg>`
}

/** Neighbours that would be drawn on one another become one, as high as the highest: a peak is what one looks for. */
function thin(points: readonly StepPoint[]): StepPoint[] {
  const group = Math.ceil(points.length / MOST_POINTS)
  if (group <= 1) return [...points]

  return Array.from({ length: Math.ceil(points.length / group) }, (_, i) => {
    const together = points.slice(i * group, (i + 1) * group)
    const highest = together.reduce((most, point) => (point.value > most.value ? point : most))

    return { ...highest, fromSeconds: together[0]!.fromSeconds, seconds: together.at(-1)!.seconds }
  })
}
