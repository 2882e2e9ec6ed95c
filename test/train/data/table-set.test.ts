import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parseCsv } from '../../../src/train/data/csv.ts'
import { loadData } from '../../../src/train/data/load.ts'
import { inputOf, put, targetOf, temporaryFolder } from './files.ts'

const SHARED = '../shared/data/tabular'

describe('parseCsv', () => {
  const expected = { features: [1, 2, -3.5, 4e2, 5, 6], labels: [1, 0, 1], classNames: ['a', 'b'] }

  test.each([
    { id: 'no header', text: '1,2,b\n-3.5,4e2,a\n5,6,b\n' },
    { id: 'a header', text: 'x,y,kind\n1,2,b\n-3.5,4e2,a\n5,6,b' },
    { id: 'the label by name, in front', text: 'Class,x,y\nb,1,2\na,-3.5,4e2\nb,5,6\n' },
    { id: 'semicolons and quotes', text: '"x; 1";"y ""q""";"target"\n1;2;"b"\n-3.5;4e2;a\n5;6;b\n' },
    { id: 'tabs, CRLF, a byte order mark', text: '\uFEFFx\ty\tlabel\r\n1\t2\tb\r\n-3.5\t4e2\ta\r\n5\t6\tb\r\n' },
    { id: 'blank lines and spaces', text: '\n1, 2, b\n\n -3.5,4e2 ,a\n5,6,b\n\n' }
  ])('$id', ({ text }) => {
    const table = parseCsv(text, 'f')
    expect({ ...table, features: [...table.features], labels: [...table.labels] }).toEqual({
      rows: 3,
      columns: 2,
      ...expected
    })
  })

  test('integer labels are ordered by number, names by code unit', () => {
    expect(parseCsv('1,10\n2,9\n3,-1\n', 'f').classNames).toEqual(['-1', '9', '10'])
    expect([...parseCsv('1,1.0\n2,0\n3,1\n', 'f').labels]).toEqual([1, 0, 1])
    expect(parseCsv('1,b\n2,B\n3,10\n', 'f').classNames).toEqual(['10', 'B', 'b'])
  })

  test("scikit-learn's first line names the classes that labels count", () => {
    const table = parseCsv('3,2,zebra,ant\n1,2,0\n3,4,1\n5,6,0\n', 'f')
    expect(table.classNames).toEqual(['zebra', 'ant'])
    expect([...table.labels]).toEqual([0, 1, 0])
    // as many fields as a row has
    expect(parseCsv('3,2,zebra,ant\n1,2,0\n3,4,1\n5,6,0\n', 'f').rows).toBe(3)
    expect(parseCsv('3,3,ant,bee,cow\n1,2,3,0\n3,4,5,1\n5,6,7,2\n', 'f').classNames).toEqual(['ant', 'bee', 'cow'])
  })

  test.each([
    { id: 'nothing', text: '', code: 'ERR_DATA_TOO_FEW', says: 'fewer than two rows' },
    { id: 'a header and one row', text: 'x,label\n1,a\n', code: 'ERR_DATA_TOO_FEW', says: 'fewer than two rows' },
    { id: 'one column', text: '1\n2\n', code: 'ERR_DATA_FORMAT', says: 'single column' },
    { id: 'a short row', text: '1,2,a\n3,b\n', code: 'ERR_DATA_FORMAT', says: 'f, line 2: has 2 columns' },
    {
      id: 'a header too short',
      text: 'x,label\n1,2,a\n3,4,b\n',
      code: 'ERR_DATA_FORMAT',
      says: 'line 1: the header has 2'
    },
    { id: 'an empty cell', text: '1,2,a\n\n3,,b\n', code: 'ERR_DATA_VALUE', says: 'f, line 3, column 2: is empty' },
    { id: 'a word', text: 'x,y,label\n1,2,a\n3,oops,b\n', code: 'ERR_DATA_VALUE', says: 'line 3, column 2: "oops"' },
    { id: 'infinity', text: '1,2,a\nInfinity,3,b\n', code: 'ERR_DATA_VALUE', says: 'line 2, column 1: "Infinity"' },
    { id: 'an empty label', text: '1,2,a\n3,4,\n', code: 'ERR_DATA_LABEL', says: 'line 2, column 3: is empty' },
    { id: 'one class only', text: '1,2,a\n3,4,a\n', code: 'ERR_DATA_LABEL', says: 'every row has the label "a"' },
    { id: 'measured labels', text: '1,2,0.5\n3,4,1.5\n', code: 'ERR_DATA_LABEL', says: 'not measurements' },
    { id: 'cut off', text: '3,2,p,q\n1,2,0\n3,4,1\n', code: 'ERR_DATA_LENGTH', says: 'announces 3 rows, but 2' },
    {
      id: 'label above the names',
      text: '2,2,p,q\n1,2,0\n3,4,2\n',
      code: 'ERR_DATA_LABEL',
      says: 'line 3, column 3: "2"'
    }
  ])('refuses $id', ({ text, code, says }) => {
    expect(() => parseCsv(text, 'f')).toThrow(expect.objectContaining({ code, message: expect.stringContaining(says) }))
  })
})

describe('csv:PATH', () => {
  const rows = Array.from({ length: 50 }, (_, i) => `${i},${3 * i + 1},7,${i % 3}`).join('\n')

  test('splits 80 / 20 by the seed, without loss or overlap', async () => {
    const path = put(join(temporaryFolder(), 't.csv.gz'), rows)
    const first = await loadData(`csv:${path}`, { seed: 1 })
    const again = await loadData(`csv:${path}`, { seed: 1 })
    const other = await loadData(`csv:${path}`, { seed: 2 })

    expect([first.train.count, first.test.count]).toEqual([40, 10])
    expect(first.train.shape).toEqual([3])
    expect(inputOf(again.train, 7)).toEqual(inputOf(first.train, 7))
    expect([...other.test.labels]).not.toEqual([...first.test.labels])
    // the first feature tells the rows apart
    const values = [first.train, first.test].flatMap((set) =>
      Array.from({ length: set.count }, (_, i) => inputOf(set, i)[0])
    )
    expect(new Set(values).size).toBe(50)
  })

  test('standardises by the training split; a constant feature becomes 0', async () => {
    const path = put(join(temporaryFolder(), 't.csv'), rows)
    const { train, test: held } = await loadData(`csv:${path}`, { seed: 3 })

    for (const feature of [0, 1]) {
      const values = Array.from({ length: train.count }, (_, i) => inputOf(train, i)[feature]!)
      const mean = values.reduce((a, b) => a + b, 0) / values.length
      const variance = values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length
      expect(mean).toBeCloseTo(0, 5)
      expect(variance).toBeCloseTo(1, 5)
    }
    expect(inputOf(train, 0)[2]).toBe(0)
    // the second feature is a line in the first, so both standardise to the same, in the test split too
    expect(inputOf(held, 0)[1]).toBeCloseTo(inputOf(held, 0)[0]!, 5)
    expect(targetOf(held, 0)).toEqual([held.labels[0]])
  })

  test.skipIf(!existsSync(SHARED)).each([
    { file: 'breast_cancer.csv', counts: [455, 114], features: 30, classes: 2 },
    { file: 'wine_data.csv', counts: [142, 36], features: 13, classes: 3 },
    { file: 'digits.csv.gz', counts: [1438, 359], features: 64, classes: 10 }
  ])(`$file of ${SHARED} loads (skipped where absent)`, async ({ file, counts, features, classes }) => {
    const { train, test: held } = await loadData(`csv:${SHARED}/${file}`, { seed: 1, cwd: process.cwd() })
    expect([train.count, held.count]).toEqual(counts)
    expect(train.shape).toEqual([features])
    expect(train.classes).toBe(classes)
  })
})
