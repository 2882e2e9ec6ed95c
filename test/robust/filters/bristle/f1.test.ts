import { describe, expect, test } from 'vitest'
import { f1Scores, predict } from '../../../../src/robust/filters/bristle/f1.ts'
import { headOf } from '../../../../src/robust/filters/bristle/head.ts'
import { headLayout } from './make.ts'

describe('predict', () => {
  test('takes the class of the largest logit, bias counted, the lowest of equal ones', () => {
    // kernel rows by feature, columns by class; then the bias
    const params = Float32Array.of(1, 0, 0, 0, 2, 0, 0, 0, 0.5)
    const features = Float32Array.of(1, 0, 0, 1, 0.2, 0.1, 0, 0.25)
    const probe = { features, labels: new Int32Array(4), width: 2, classes: 3 }

    expect([...predict(headOf(headLayout(2, 3)), params, probe)]).toEqual([0, 1, 2, 1])
  })
})

describe('f1Scores', () => {
  test('by hand', () => {
    // class 0: 2 hits, 1 missed, 1 false; class 1: 1 hit, 1 missed, 2 false; class 2: none right; class 3: not there
    const labels = Int32Array.of(0, 0, 0, 1, 1, 2)
    const predicted = Int32Array.of(0, 0, 1, 1, 0, 1)

    expect([...f1Scores(predicted, labels, 4)]).toEqual([4 / 6, 2 / 5, 0, 0])
  })

  test('no guess at all is a miss', () => {
    expect([...f1Scores(Int32Array.of(-1, 0), Int32Array.of(0, 0), 1)]).toEqual([2 / 3])
  })
})
