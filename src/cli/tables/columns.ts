import { type Align, formatTable } from '../format.ts'
import { printable } from './printable.ts'

/** One column of a table of rows. */
export interface Column<Row> {
  readonly heading: string
  /** Null where nothing is known: a dash. */
  readonly cell: (row: Row) => string | null
  /** @default left */
  readonly align?: Align
  /** Characters at least, so that a table looks the same whatever the numbers. @default those of the heading */
  readonly width?: number
  /** Left out when no row has anything in it. */
  readonly isOptional?: boolean
}

/** Rows under headings, two spaces apart. */
export function drawTable<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const shown = columns.filter(({ isOptional, cell }) => isOptional !== true || rows.some((row) => cell(row) !== null))
  const headings = shown.map(({ heading, align, width = 0 }) =>
    align === 'right' ? heading.padStart(width) : heading.padEnd(width)
  )
  const cells = rows.map((row) => shown.map(({ cell }) => printable(cell(row) ?? '-')))

  return formatTable(
    headings,
    cells,
    shown.map(({ align = 'left' }) => align)
  )
}

/** What is said of one thing: a word, and one line or several. */
export type Fact = readonly [label: string, text: string | readonly string[] | null]

/** Facts under each other; those that are null or empty are left out. */
export function drawFacts(facts: readonly Fact[]): string {
  const lines = facts.map(([label, text]) => [label, text === null ? [] : [text].flat()] as const)
  const shown = lines.filter(([, texts]) => texts.length > 0)
  const width = Math.max(0, ...shown.map(([label]) => label.length)) + 2
  const block = ([label, texts]: readonly [string, readonly string[]]): string[] =>
    texts.map((text, i) => (i === 0 ? label : '').padEnd(width) + printable(text))

  return shown.flatMap(block).join('\n')
}
