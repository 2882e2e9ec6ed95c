/** What a part of the experiments found. */
export interface PartResult {
  tables: readonly Table[]
  checks: readonly Check[]
}

/** Printed as Markdown, so that it can go into a document as it is. */
export interface Table {
  head: readonly string[]
  rows: readonly (readonly (string | number)[])[]
}

/** A figure that was promised. */
export interface Check {
  what: string
  found: string
  wanted: string
  holds: boolean
}

export interface PartOptions {
  /** Smaller, to see that it works: the figures mean little. */
  quick: boolean
  /** Where plots go; undefined for none. */
  plots: URL | undefined
  /** Says how far it is. */
  log: (line: string) => void
}

export interface Part {
  about: string
  run: (options: PartOptions) => Promise<PartResult>
}

export function formatTable({ head, rows }: Table): string {
  const line = (cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`

  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}

export function formatCheck({ what, found, wanted, holds }: Check): string {
  return `${holds ? 'holds ' : 'FAILS '} ${what}: ${found} (wanted: ${wanted})`
}
