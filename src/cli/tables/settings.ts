import type { ResultOf } from '../../node/control/schema.ts'
import { type Column, drawFacts, drawTable } from './columns.ts'

const SETTINGS: readonly Column<ResultOf<'config'>[number]>[] = [
  { heading: 'setting', cell: ({ key }) => key },
  { heading: 'value', cell: ({ value }) => value },
  { heading: 'from', cell: ({ origin }) => origin }
]

export function drawConfig(rows: ResultOf<'config'>): string {
  return drawTable(SETTINGS, rows)
}

/** Each value on a line, with the keys that lead to it. */
export function drawJob(job: ResultOf<'job'>): string {
  return drawFacts(leaves(job, []).map(([path, value]) => [path.join('.'), value] as const))
}

function leaves(value: unknown, path: readonly string[]): [string[], string][] {
  const isBranch = typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length > 0
  if (!isBranch) return [[[...path], typeof value === 'string' ? value : JSON.stringify(value)]]

  return Object.entries(value).flatMap(([key, child]) => leaves(child, [...path, key]))
}

export function drawLogLevels(levels: ResultOf<'logLevels'>): string {
  return drawFacts(Object.entries(levels).map(([module, level]) => [module, level] as const))
}
