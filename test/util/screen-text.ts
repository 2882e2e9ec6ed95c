/**
 * What changes from run to run, replaced, so that screens can be compared. The words and the layout stay:
 *
 * | what | becomes |
 * | --- | --- |
 * | names given by the caller (peers, folders) | what the caller says, of the same length |
 * | a time, a date | `hh:mm:ss`, `yyyy-mm-dd` |
 * | a hash, or 8 characters or more of one | `hhhhhhhh` |
 * | a version | `#.#.#` |
 * | any other number, with its unit | `#` |
 *
 * Lines that a person typed, and a whole number that is all there is on a line, stay as they are.
 * In a table, the columns are laid out again around what they now hold, to the same side as before. `127.0.0.1` stays.
 */
export function steadyScreen(screen: string, names: ReadonlyMap<string, string>): string {
  const lines = replaceAll(screen, names).split('\n')
  const out: string[] = []
  for (let i = 0; i < lines.length; i++) {
    const rule = lines[i + 1] ?? ''
    if (!/^-+( {2}-+)*$/.test(rule)) {
      out.push(isTyped(lines[i]!) || /^\d+$/.test(lines[i]!) ? lines[i]! : steadyText(lines[i]!))
      continue
    }
    const rows = [lines[i]!]
    let next = i + 2
    while (next < lines.length && fits(lines[next]!, rule)) rows.push(lines[next++]!)
    out.push(...steadyTable(rows, rule))
    i = next - 1
  }

  return out.join('\n')
}

/** What follows a prompt. */
function isTyped(line: string): boolean {
  return /^(\$|\.\.[\w-]{8}( write)?>|which one\?|exit code) ?/.test(line)
}

const LOOPBACK = '127.0.0.1'

const PATTERNS: readonly (readonly [RegExp, string])[] = [
  [/127\.0\.0\.1/g, '@loopback@'],
  [/\b\d{4}-\d\d-\d\d(?=\b|T)/g, 'yyyy-mm-dd'],
  [/\d\d:\d\d:\d\d(\.\d+Z)?/g, 'hh:mm:ss'],
  [/\b[0-9a-f]{8,64}\b/g, 'hhhhhhhh'],
  [/\bround-\d+/g, 'round-#'],
  [/\b\d+\.\d+\.\d+\b/g, '#.#.#'],
  [/(?<![\w-])\d+(\.\d+)?(e[+-]\d+)?( (ms|s|min( \d+ s)?|h( \d+ min)?|d( \d+ h)?|%|[kMGT]?B)(?!\w))?/g, '#'],
  [/@loopback@/g, LOOPBACK]
]

function steadyText(text: string): string {
  return PATTERNS.reduce((before, [pattern, instead]) => before.replace(pattern, instead), text)
}

function replaceAll(text: string, names: ReadonlyMap<string, string>): string {
  return [...names].reduce((before, [name, instead]) => before.replaceAll(name, instead), text)
}

/** Where the columns are: below each run of dashes. */
function columnsOf(rule: string): [start: number, end: number][] {
  return [...rule.matchAll(/-+/g)].map(({ 0: dashes, index }) => [index, index + dashes.length])
}

/** A row of this table: nothing between the columns, and not past the last. */
function fits(line: string, rule: string): boolean {
  const columns = columnsOf(rule)
  const gaps = columns.slice(1).map(([start]) => line.slice(start - 2, start))

  return line !== '' && !isTyped(line) && line.length <= rule.length && gaps.every((gap) => gap.trim() === '')
}

function steadyTable(rows: readonly string[], rule: string): string[] {
  const columns = columnsOf(rule).map(([start, end]) => {
    const cells = rows.map((row) => row.slice(start, end))
    const texts = cells.map((cell, i) => (i === 0 ? cell.trim() : steadyText(cell.trim())))
    const width = Math.max(...texts.map((text) => text.length))
    const isRight = cells.some((cell) => cell.startsWith(' '))

    return [...texts.slice(0, 1), '-'.repeat(width), ...texts.slice(1)].map((text) =>
      isRight ? text.padStart(width) : text.padEnd(width)
    )
  })
  const count = rows.length + 1

  return Array.from({ length: count }, (_, i) =>
    columns
      .map((column) => column[i])
      .join('  ')
      .trimEnd()
  )
}
