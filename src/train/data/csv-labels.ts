import { at, fail, isInteger, isNumber, shown } from './csv-cell.ts'
import type { Line } from './csv-lines.ts'

/** More distinct labels than this are measurements, not classes. */
const MAX_CLASSES = 1000

/** The labels of a table, as text. */
export interface LabelColumn {
  /** Shape (rows). */
  readonly texts: readonly string[]
  /** The lines they are on. */
  readonly lines: readonly Line[]
  readonly classNames: readonly string[]
  /** Labels are positions in `classNames`; otherwise members of it. */
  readonly areNumbers: boolean
}

/** `1.0` and `1` are the same class. */
export function canonicalLabel(text: string): string {
  return isInteger(text) ? String(Number(text)) : text
}

/** By number if all are integers, else by code unit. */
export function distinctLabels(texts: readonly string[]): string[] {
  const distinct = [...new Set(texts)].sort()

  return distinct.every(isInteger) ? distinct.sort((a, b) => Number(a) - Number(b)) : distinct
}

/**
 * @returns shape (rows), class numbers
 * @throws {DataError} ERR_DATA_LABEL: empty, not a class, a measurement, one class only
 */
export function numberLabels(
  { texts, lines, classNames, areNumbers }: LabelColumn,
  column: number,
  path: string
): Int32Array {
  checkClasses(classNames, path)
  const keys = areNumbers ? classNames.map((_, i) => String(i)) : classNames
  const classOf = new Map(keys.map((key, i) => [key, i]))

  return Int32Array.from(texts, (text, row) => {
    const found = isPossible(text) ? classOf.get(text) : undefined

    return found ?? failLabel(text, keys, { line: lines[row]!.number, column: column + 1 }, path)
  })
}

function checkClasses(classNames: readonly string[], path: string): void {
  if (classNames.length < 2) {
    fail('ERR_DATA_LABEL', path, `every row has the label ${shown(classNames[0] ?? '')}`, 'Two classes are needed')
  }
  if (classNames.length > MAX_CLASSES) {
    fail(
      'ERR_DATA_LABEL',
      path,
      `${classNames.length} distinct labels`,
      'Labels must be classes, not measurements: check which column is the label'
    )
  }
}

/** A name or an integer. */
function isPossible(text: string): boolean {
  return text !== '' && (isInteger(text) || !isNumber(text))
}

function failLabel(
  text: string,
  keys: readonly string[],
  place: { line: number; column: number },
  path: string
): never {
  const problem = text === '' ? 'is empty' : `${shown(text)} is not a class`
  const remedy = isPossible(text)
    ? `Expected one of ${keys.slice(0, 10).join(', ')}`
    : 'Labels must be names or integers, not measurements'

  return fail('ERR_DATA_LABEL', at(path, place.line, place.column - 1), problem, remedy, place)
}
