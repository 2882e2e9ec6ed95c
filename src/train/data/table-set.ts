import { createRng } from '../../math/philox.ts'
import { parseCsv, type Table } from './csv.ts'
import type { DataSource, ExampleSet } from './examples.ts'
import { readData } from './read-file.ts'

/** One row in five tests. */
const TEST_FRACTION = 0.2

/** Per feature, over the training split. */
interface Moments {
  readonly mean: Float64Array
  readonly stdDev: Float64Array
}

/**
 * A table of numbers from a CSV file, gzip or not: a fifth of the rows, drawn
 * by the seed, tests. Every feature is standardised by the mean and standard
 * deviation of the training split; a constant one becomes 0.
 *
 * @throws {DataError} ERR_DATA_*
 */
export async function loadTable(path: string, seed: number): Promise<DataSource> {
  const table = parseCsv(new TextDecoder().decode(await readData(path)), path)
  const order = createRng(seed, 'csv:split').shuffle([...table.labels.keys()])
  const testCount = Math.max(1, Math.round(table.rows * TEST_FRACTION))
  const train = order.slice(testCount)
  const moments = measureMoments(table, train)

  return {
    train: createTableSet(`csv:${path} train`, table, train, moments),
    test: createTableSet(`csv:${path} test`, table, order.slice(0, testCount), moments)
  }
}

function measureMoments({ features, columns }: Table, rows: readonly number[]): Moments {
  const mean = new Float64Array(columns)
  const stdDev = new Float64Array(columns)

  for (let column = 0; column < columns; column++) {
    let sum = 0
    for (const row of rows) sum += features[row * columns + column]!
    mean[column] = sum / rows.length

    let squares = 0
    for (const row of rows) squares += (features[row * columns + column]! - mean[column]!) ** 2
    stdDev[column] = Math.sqrt(squares / rows.length) || 1 // a constant feature: avoid 0 / 0
  }

  return { mean, stdDev }
}

function createTableSet(name: string, table: Table, rows: readonly number[], { mean, stdDev }: Moments): ExampleSet {
  const { columns, features } = table
  const labels = Int32Array.from(rows, (row) => table.labels[row]!)
  const values = new Float32Array(rows.length * columns)
  for (const [i, row] of rows.entries()) {
    for (let column = 0; column < columns; column++) {
      values[i * columns + column] = (features[row * columns + column]! - mean[column]!) / stdDev[column]!
    }
  }

  return {
    name,
    count: rows.length,
    shape: [columns],
    type: 'float32',
    classes: table.classNames.length,
    labels,
    targetShape: [],
    readInto(index, out, offset) {
      for (let i = 0; i < columns; i++) out[offset + i] = values[index * columns + i]!
    },
    readTargetInto(index, out, offset) {
      out[offset] = labels[index]!
    }
  }
}
