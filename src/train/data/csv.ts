import { type Line, splitLines } from './csv-lines.ts'
import { DataError, type DataErrorCode } from './data-error.ts'

/** A table as it is in the file: numbers, and labels not yet numbered. */
export interface Table {
  readonly rows: number
  readonly columns: number
  /** Shape (rows, columns), row by row. */
  readonly features: Float64Array
  /** Shape (rows), class numbers. */
  readonly labels: Int32Array
  /** Name of each class, by number. */
  readonly classNames: readonly string[]
}

/** What lines before the data say. */
interface Preamble {
  /** Lines it takes: 0 or 1. */
  readonly lines: number
  readonly labelColumn: number
  readonly classNames?: readonly string[]
}

const LABEL_NAMES = new Set(['label', 'class', 'target'])
/** More distinct labels than this are measurements, not classes. */
const MAX_CLASSES = 1000

/**
 * Reads a table of numeric features with one label a row.
 *
 * The label is in the column that a header calls `label`, `class` or `target`
 * (any case), else in the last. A first line of scikit-learn's kind (`rows,
 * features, name of class 0, name of class 1, ...`) is checked against the
 * table. Classes are the distinct labels in order, by number if all are
 * integers, else by code unit. Fields are separated by commas, semicolons or
 * tabs, and may be quoted, without line breaks inside.
 *
 * @throws {DataError} ERR_DATA_FORMAT, ERR_DATA_LENGTH, ERR_DATA_VALUE, ERR_DATA_LABEL, ERR_DATA_TOO_FEW, with line and column
 */
export function parseCsv(text: string, path: string): Table {
  const lines = splitLines(text)
  if (lines.length < 2)
    fail('ERR_DATA_TOO_FEW', path, 'fewer than two lines', 'At least a row to train and one to test')

  const preamble = readPreamble(lines, path)
  const data = lines.slice(preamble.lines)
  const columns = data[0]!.fields.length - 1
  if (columns < 1) fail('ERR_DATA_FORMAT', path, 'has a single column', 'Separate features and label by commas')

  const features = new Float64Array(data.length * columns)
  const texts = data.map((line, row) =>
    readRow(line, preamble.labelColumn, features.subarray(row * columns), columns, path)
  )
  const classNames = preamble.classNames ?? distinctLabels(texts)
  const labels = numberLabels(texts, data, preamble, classNames, path)

  return { rows: data.length, columns, features, labels, classNames }
}

function readPreamble(lines: readonly Line[], path: string): Preamble {
  const first = lines[0]!.fields
  const columns = lines[1]!.fields.length
  if (isCounts(first, columns)) {
    const promised = Number(first[0])
    const got = lines.length - 1
    if (promised !== got) {
      fail(
        'ERR_DATA_LENGTH',
        path,
        `line 1 announces ${promised} rows, but ${got} follow`,
        'The file is truncated or edited: get it again'
      )
    }

    return { lines: 1, labelColumn: columns - 1, classNames: first.slice(2) }
  }

  // a string in the last column may be a label; anywhere else it is the name of a column
  const isHeader = !first.slice(0, -1).every(isNumber)
  const named = first.findIndex((name) => LABEL_NAMES.has(name.toLowerCase()))

  return { lines: isHeader ? 1 : 0, labelColumn: isHeader && named >= 0 ? named : first.length - 1 }
}

/** `569,30,malignant,benign` over rows of 31 columns. A row of data can't look so: its third feature would be a word. */
function isCounts(first: readonly string[], columns: number): boolean {
  const names = first.slice(2)

  return isInteger(first[0]!) && first[1] === String(columns - 1) && names.length >= 2 && !names.some(isNumber)
}

/** Writes the features of one line and returns the text of its label. */
function readRow(line: Line, labelColumn: number, out: Float64Array, columns: number, path: string): string {
  const { number, fields } = line
  if (fields.length !== columns + 1) {
    fail(
      'ERR_DATA_FORMAT',
      `${path}, line ${number}`,
      `has ${fields.length} columns, but the first row has ${columns + 1}`,
      'Give every row as many',
      { line: number }
    )
  }

  let to = 0
  for (const [column, field] of fields.entries()) {
    if (column === labelColumn) continue
    if (!isNumber(field)) {
      fail(
        'ERR_DATA_VALUE',
        at(path, number, column),
        field === '' ? 'is empty' : `${shown(field)} is not a finite number`,
        'Features must be numbers; the label must be the last column or be called label, class or target in a header',
        { line: number, column: column + 1 }
      )
    }
    out[to++] = Number(field)
  }

  return fields[labelColumn]!
}

function distinctLabels(texts: readonly string[]): string[] {
  const distinct = [...new Set(texts)].sort()

  return distinct.every(isInteger) ? distinct.sort((a, b) => Number(a) - Number(b)) : distinct
}

function numberLabels(
  texts: readonly string[],
  lines: readonly Line[],
  preamble: Preamble,
  classNames: readonly string[],
  path: string
): Int32Array {
  if (classNames.length < 2)
    fail('ERR_DATA_LABEL', path, `every row has the label ${shown(classNames[0] ?? '')}`, 'Two classes are needed')
  if (classNames.length > MAX_CLASSES) {
    fail(
      'ERR_DATA_LABEL',
      path,
      `${classNames.length} distinct labels`,
      'Labels must be classes, not measurements: check which column is the label'
    )
  }

  // with class names in the first line, labels are positions among them
  const keys = preamble.classNames === undefined ? classNames : classNames.map((_, i) => String(i))
  const classOf = new Map(keys.map((key, i) => [key, i]))

  return Int32Array.from(texts, (text, row) => {
    const number = lines[row]!.number
    const found = classOf.get(text)
    const fractional = isNumber(text) && !isInteger(text)
    if (found !== undefined && text !== '' && !fractional) return found

    return fail(
      'ERR_DATA_LABEL',
      at(path, number, preamble.labelColumn),
      text === '' ? 'is empty' : `${shown(text)} is not a class`,
      fractional
        ? 'Labels must be names or integers, not measurements'
        : `Expected one of ${keys.slice(0, 10).join(', ')}`,
      { line: number, column: preamble.labelColumn + 1 }
    )
  })
}

function isNumber(field: string): boolean {
  return field !== '' && Number.isFinite(Number(field))
}

function isInteger(field: string): boolean {
  return /^-?\d+$/.test(field)
}

function at(path: string, line: number, column: number): string {
  return `${path}, line ${line}, column ${column + 1}`
}

/** A cell as a message may show it. */
function shown(field: string): string {
  return JSON.stringify(field.length > 40 ? `${field.slice(0, 40)}...` : field)
}

function fail(code: DataErrorCode, where: string, problem: string, remedy: string, details = {}): never {
  throw new DataError(code, { where, problem, remedy, details })
}
