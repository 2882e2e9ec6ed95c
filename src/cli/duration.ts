import { InvalidArgumentError } from 'commander'

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 }
/** Ten years: beyond that it is a slip. */
const MAX_SECONDS = 315_360_000

/** A flag such as `90m`, `12h` or `7d`, in seconds. */
export function duration(text: string): number {
  const [, amount = '', unit = ''] = /^(\d+(?:\.\d+)?)([smhdw])$/.exec(text) ?? []
  const seconds = Number(amount) * (UNITS[unit] ?? Number.NaN)
  if (!(seconds > 0 && seconds <= MAX_SECONDS)) {
    throw new InvalidArgumentError('Expected a time such as 90m, 12h, 7d or 4w, up to ten years.')
  }

  return seconds
}
