/** How numbers and tables look on a terminal: everywhere the same. */

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB']

/** What is not finite, and null, as which JSON carries that. */
const NO_NUMBER = 'not a number'

/** So many digits after the point; of an event that came as JSON the number may be null. */
export function formatFixed(value: number | null, digits: number): string {
  return isNumber(value) ? value.toFixed(digits) : NO_NUMBER
}

/** 1234567 as "1.23 MB": powers of 1000, three digits. */
export function formatBytes(bytes: number | null): string {
  if (!isNumber(bytes)) return NO_NUMBER
  let value = bytes
  let unit = 0
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000
    unit++
  }
  const text = unit === 0 || value >= 99.95 ? value.toFixed(0) : value.toFixed(value >= 9.995 ? 1 : 2)

  return `${text} ${UNITS[unit]}`
}

/** 0.9512 as "95.1 %"; a dash for what is not known. */
export function formatPercent(fraction: number | null | undefined): string {
  if (fraction === undefined) return '-'

  return isNumber(fraction) ? `${(fraction * 100).toFixed(1)} %` : NO_NUMBER
}

export function formatSeconds(seconds: number | null): string {
  if (!isNumber(seconds)) return NO_NUMBER
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`
  const whole = Math.round(seconds)

  return `${Math.floor(whole / 60)} min ${whole % 60} s`
}

/** Peer ids start alike; their last eight characters tell them apart. */
export function shortPeer(peer: string | undefined): string {
  return peer === undefined ? '-' : `..${peer.slice(-8)}`
}

/** Enough of a hash to tell two apart by eye. */
export function shortHash(hash: string | undefined): string {
  return hash === undefined ? '-' : hash.slice(0, 8)
}

/** Classes as "0-2,5". */
export function formatClasses(classCounts: readonly number[]): string {
  const held = classCounts.flatMap((count, label) => (count > 0 ? [label] : []))
  const runs: [number, number][] = []
  for (const label of held) {
    const last = runs.at(-1)
    if (last !== undefined && last[1] === label - 1) last[1] = label
    else runs.push([label, label])
  }

  return runs
    .map(([from, to]) => (from === to ? `${from}` : to === from + 1 ? `${from},${to}` : `${from}-${to}`))
    .join()
}

export type Align = 'left' | 'right'

/** Columns of text under their headings, two spaces apart. */
export function formatTable(headings: readonly string[], rows: readonly string[][], align: readonly Align[]): string {
  const widths = headings.map((heading, i) => Math.max(heading.length, ...rows.map((row) => row[i]?.length ?? 0)))
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, i) => (align[i] === 'right' ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!)))
      .join('  ')
      .trimEnd()

  return [line(headings), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n')
}

/** A bar of `width` characters: `[#####.....]`, in block characters where the terminal has them. */
export function formatBar(fraction: number, width: number): string {
  const done = Math.round(Math.min(1, Math.max(0, fraction)) * width)

  return `${'█'.repeat(done)}${'░'.repeat(width - done)}`
}

function isNumber(value: number | null): value is number {
  return value !== null && Number.isFinite(value)
}
