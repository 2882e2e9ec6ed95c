import { describe, expect, test } from 'vitest'
import { Columns } from '../../../../src/robust/filters/bristle/columns.ts'
import { headOf } from '../../../../src/robust/filters/bristle/head.ts'
import { headLayout } from './make.ts'

// two features, three classes: columns (1, 4, 7), (2, 5, 8), (3, 6, 9), the bias last
const params = (): Float32Array => Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9)
const columns = new Columns(headOf(headLayout(2, 3)))

describe('Columns', () => {
  test('copies one class, bias and all', () => {
    const to = new Float32Array(9)
    columns.copy(to, params(), 1)

    expect([...to]).toEqual([0, 2, 0, 0, 5, 0, 0, 8, 0])
  })

  test('mixes one class', () => {
    const out = params()
    columns.weightedSumInto(out, [out, new Float32Array(9).fill(10)], [0.5, 0.25], 2)

    expect([...out]).toEqual([1, 2, 4, 4, 5, 5.5, 7, 8, 7])
  })

  test('centres each class', () => {
    const out = params()
    columns.centre(out)

    expect([...out]).toEqual([-3, -3, -3, 0, 0, 0, 3, 3, 3])
  })

  test('centring stays finite', () => {
    const out = Float32Array.of(3.4e38, 0, 0, -3.4e38, 0, 0, -3.4e38, 0, 0)
    columns.centre(out)

    expect(out.every(Number.isFinite)).toBe(true)
  })

  test('knows which classes have been trained', () => {
    const start = params()
    const theirs = params()
    theirs[2] = 3.5
    columns.centre(theirs)

    expect(columns.touched(theirs, start)).toEqual([false, false, true])
    expect(columns.touched(start, start)).toEqual([false, false, false])
    expect(columns.touched(theirs, undefined)).toEqual([true, true, true])
  })

  test('a column of one value has not been', () => {
    const theirs = Float32Array.of(0, 2, 3, 0, 2, 6, 0, 2, 9)

    expect(columns.touched(theirs, undefined)).toEqual([false, false, true])
    expect(columns.touched(theirs, new Float32Array(9))).toEqual([false, false, true])
  })

  test('nor one that was centred a hundred times', () => {
    const start = Float32Array.from({ length: 9 }, (_, i) => Math.sin(i + 1))
    const theirs = start.slice()
    for (let round = 0; round < 100; round++) columns.centre(theirs)

    expect(columns.touched(theirs, start)).toEqual([false, false, false])
  })
})
