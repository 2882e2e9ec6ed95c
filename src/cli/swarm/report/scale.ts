/** Maps a value of the data to a coordinate of the drawing. */
export type Scale = (value: number) => number

/** Linear from `domain` to `range`; an empty domain maps to the middle of the range. */
export function linearScale(domain: readonly [number, number], range: readonly [number, number]): Scale {
  const [d0, d1] = domain
  const [r0, r1] = range
  if (d1 === d0) return () => (r0 + r1) / 2

  return (value) => r0 + ((value - d0) / (d1 - d0)) * (r1 - r0)
}

/** Multiples of 1, 2 or 5 times a power of ten within [from, to], about `count` of them. */
export function ticks(from: number, to: number, count: number): number[] {
  if (!(to > from)) return [from]
  const raw = (to - from) / count
  const power = 10 ** Math.floor(Math.log10(raw))
  const step = power * ([1, 2, 5].find((factor) => factor * power >= raw * (1 - 1e-9)) ?? 10)
  const first = Math.ceil(from / step - 1e-9)
  const last = Math.floor(to / step + 1e-9)

  // the product, not a running sum: 0.1 + 0.2 would label a tick 0.30000000000000004
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)))
}

export interface TimeTick {
  seconds: number
  label: string
}

const UNITS = [
  { name: 'h', seconds: 3600, from: 3 * 3600 },
  { name: 'min', seconds: 60, from: 180 },
  { name: 's', seconds: 1, from: 0 }
]

/** Ticks from 0 in whichever of seconds, minutes and hours reads best. */
export function timeTicks(untilSeconds: number, count: number): TimeTick[] {
  const unit = UNITS.find(({ from }) => untilSeconds >= from) ?? UNITS[2]!

  return ticks(0, untilSeconds / unit.seconds, count).map((value) => ({
    seconds: value * unit.seconds,
    label: value === 0 ? '0' : `${value} ${unit.name}`
  }))
}

/** A coordinate with one decimal: finer than a screen shows, and short. */
export function coordinate(value: number): number {
  return Math.round(value * 10) / 10
}
