import { at, fail, isInteger, isNumber, shown } from './csv-cell.ts'
import { canonicalLabel, distinctLabels, numberLabels } from './csv-labels.ts'
import { type Line, splitLines } from './csv-lines.ts'

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
  if (lines.length < 2) failTooFew(path)

  const preamble = readPreamble(lines, path)
  const data = lines.slice(preamble.lines)
  if (data.length < 2) failTooFew(path)
  const columns = data[0]!.fields.length - 1
  if (columns < 1) fail('ERR_DATA_FORMAT', path, 'has a single column', 'Separate features and label by commas')

  const features = new Float64Array(data.length * columns)
  const texts = data.map((line, row) =>
    readRow(line, preamble.labelColumn, features.subarray(row * columns), columns, path)
  )
  const classNames = preamble.classNames ?? distinctLabels(texts)
  const labels = numberLabels(
    { texts, lines: data, classNames, areNumbers: preamble.classNames !== undefined },
    preamble.labelColumn,
    path
  )

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
  if (isHeader && first.length !== columns) {
    fail(
      'ERR_DATA_FORMAT',
      `${path}, line ${lines[0]!.number}`,
      `the header has ${first.length} columns, but the row after it has ${columns}`,
      'Give every column a name'
    )
  }
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

  return canonicalLabel(fields[labelColumn]!)
}

function failTooFew(path: string): never {
  return fail('ERR_DATA_TOO_FEW', path, 'fewer than two rows', 'Give at least one to train and one to test')
}
