import { maxOf, minOf } from '../../statistics.ts'
import { html, type Markup } from './markup.ts'
import { counted } from './node-names.ts'
import { coordinate } from './scale.ts'

export interface Bin {
  /** Both ends belong to it, as far as values there are. */
  from: number
  to: number
  count: number
}

const MOST_BINS = 12

/**
 * How often values occur: one bin a value while there are few different ones, else up to twelve of equal width. Every
 * value is in exactly one.
 */
export function binValues(values: readonly number[]): Bin[] {
  const different = [...new Set(values)].toSorted((a, b) => a - b)
  if (different.length <= MOST_BINS) {
    return different.map((value) => ({ from: value, to: value, count: values.filter((each) => each === value).length }))
  }
  const [from, to] = [minOf(values), maxOf(values)]
  const isWhole = values.every(Number.isInteger)
  const width = isWhole ? Math.ceil((to - from + 1) / MOST_BINS) : (to - from) / MOST_BINS
  const count = isWhole ? Math.ceil((to - from + 1) / width) : MOST_BINS
  const counts = new Array<number>(count).fill(0)
  for (const value of values) counts[Math.min(count - 1, Math.floor((value - from) / width))]!++

  return counts.map((each, i) => ({
    from: from + i * width,
    to: from + (i + 1) * width - (isWhole ? 1 : 0),
    count: each
  }))
}

export interface DistributionInit {
  /** What is counted: "node", "round". */
  noun: string
  format: (value: number) => string
}

/** Bars, one a bin: how many have a value in it. */
export function renderDistribution(values: readonly number[], { noun, format }: DistributionInit): Markup {
  const bins = binValues(values)
  const most = Math.max(...bins.map(({ count }) => count))

  return html`<ol class="bins">${bins.map((bin) => {
    const percent = coordinate((bin.count / most) * 100)

    return html`<li><span class="name">${nameOf(bin, format)}</span><span class="bar sent"><i style="width:calc((100% - 7em) * ${percent / 100})"></i><b>${counted(bin.count, noun)}</b></span></li>
`
  })}</ol>`
}

function nameOf({ from, to }: Bin, format: (value: number) => string): string {
  const [low, high] = [format(from), format(to)]

  return low === high ? low : `${low} to ${high}`
}
