import { expect, test } from 'vitest'
import { Drawings } from '../../../src/cli/repl/drawings.ts'

interface Row {
  n: number
}

const drawRows = (rows: Row[]): string => rows.map(({ n }) => `<${n.toFixed(0)}>`).join('')

function drawn(): { drawings: Drawings; rows: Row[] } {
  const drawings = new Drawings()

  return { drawings, rows: drawings.add([{ n: 1 }, { n: 2 }, { n: 3 }], drawRows) }
}

test('a result is plain data, and known as a result', () => {
  const { drawings, rows } = drawn()

  expect(rows).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }])
  expect(Reflect.ownKeys(rows)).toEqual(['0', '1', '2', 'length'])
  expect(drawings.textOf(rows)).toBe('<1><2><3>')
})

test('what was filtered or turned round is drawn as it is now', () => {
  const { drawings, rows } = drawn()

  expect(drawings.textOf(rows.filter(({ n }) => n > 1).toReversed())).toBe('<3><2>')
  rows.pop()
  expect(drawings.textOf(rows)).toBe('<1><2>')
})

test('what is no result, or a mixture, is not drawn', () => {
  const { drawings, rows } = drawn()
  const others = drawings.add([{ n: 9 }], () => 'other')

  for (const value of [undefined, 1, 'text', [], {}, [{ n: 1 }], [...rows, { n: 4 }], [...rows, ...others]]) {
    expect(drawings.textOf(value)).toBeUndefined()
  }
})

test('what somebody has changed beyond recognition is not drawn', () => {
  const { drawings, rows } = drawn()
  Object.assign(rows[0]!, { n: null })

  expect(drawings.textOf(rows)).toBeUndefined()
})
