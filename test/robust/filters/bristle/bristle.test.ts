import { describe, expect, test } from 'vitest'
import { FilterStateError } from '../../../../src/robust/filters/errors.ts'
import type { IntegratingFilter } from '../../../../src/robust/filters/filter.ts'
import { answering, bristle, unitProbe } from './make.ts'

const CLASSES = 4
const DIM = CLASSES * CLASSES + CLASSES

/** A node that has examples of classes 0 and 1, knows them, and began with zeros. */
function begun(text = 'bristle', maxSenders = 64): { filter: IntegratingFilter; params: Float32Array } {
  const filter = bristle({ width: CLASSES, classes: CLASSES, text, maxSenders })
  filter.begin(unitProbe([0, 1], CLASSES, 4))
  const params = answering([0, 1, undefined, undefined])
  filter.afterTraining(params, new Float32Array(DIM))

  return { filter, params }
}

/** Which class each of the four unit features is taken for. */
function answersOf(params: Float32Array): number[] {
  return Array.from({ length: CLASSES }, (_, f) => {
    const logits = params.subarray(f * CLASSES, (f + 1) * CLASSES)
    return logits.indexOf(Math.max(...logits))
  })
}

describe('afterTraining', () => {
  test('keeps the columns of own classes only', () => {
    const { filter } = begun()
    const before = new Float32Array(DIM).fill(1)
    const params = new Float32Array(DIM).fill(2)
    filter.afterTraining(params, before)

    expect([...params]).toEqual(Array.from({ length: 5 }, () => [2, 2, 1, 1]).flat())
  })
})

describe('integrateInto', () => {
  test('believes who is right about what it can test, also about the rest', () => {
    const { filter, params } = begun()
    filter.integrateInto(1, params, [
      { sender: 'knows', params: answering([0, 1, 2, 3]) },
      { sender: 'lies', params: answering([1, 0, 3, 2], 100) }
    ])

    expect(answersOf(params)).toEqual([0, 1, 2, 3])
    expect(filter.scores()).toEqual([
      { sender: 'knows', score: 1, isExcluded: false, reason: 'F1 1.00 against own 1.00 on classes 0 1: weight 1.00' },
      { sender: 'lies', score: 0, isExcluded: true, reason: 'F1 0.00 against own 1.00 on classes 0 1: weight 0' }
    ])
  })

  test('by hand: familiar columns are means by weight, and then centred', () => {
    const { filter, params } = begun()
    filter.integrateInto(1, params, [{ sender: 'equal', params: answering([0, 1, 2, undefined], 3) }])

    // column 0: (1 + 1 * 3) / 2 at feature 0, zero below; five rows with the bias
    const column = (c: number): number[] => Array.from({ length: 5 }, (_, row) => params[row * CLASSES + c]!)
    expect(column(0).map((value) => Number(value.toFixed(6)))).toEqual([1.6, -0.4, -0.4, -0.4, -0.4])
    // column 2 is known to the other alone: the own one, untouched, does not dilute it
    expect(column(2).map((value) => Number(value.toFixed(6)))).toEqual([-0.6, -0.6, 2.4, -0.6, -0.6])
    expect(column(3)).toEqual([0, 0, 0, 0, 0])
  })

  test('a column that a peer has not trained pulls nothing to zero', () => {
    const { filter, params } = begun()
    const models = [
      { sender: 'a', params: answering([0, 1, 2, undefined], 2) },
      { sender: 'b', params: answering([0, 1, undefined, undefined], 2) }
    ]
    filter.integrateInto(1, params, models)

    expect(params[2 * CLASSES + 2]! - params[CLASSES + 2]!).toBeCloseTo(2, 6)
  })

  test('who knows none of the own classes is not tested, and does not count', () => {
    const { filter, params } = begun()
    filter.integrateInto(1, params, [{ sender: 'x', params: answering([undefined, undefined, 2, 3]) }])

    expect(filter.scores()).toMatchObject([{ sender: 'x', score: 0.5, isExcluded: true }])
    expect(params[2 * CLASSES + 2]).toBe(0)
  })

  test('scores follow the last few models', () => {
    const { filter, params } = begun()
    const good = { sender: 'x', params: answering([0, 1, undefined, undefined]) }
    const bad = { sender: 'x', params: answering([1, 0, undefined, undefined]) }
    for (let round = 1; round <= 3; round++) filter.integrateInto(round, params, [good])
    filter.integrateInto(4, params, [bad])

    expect(filter.scores()[0]!.score).toBeCloseTo(0.7, 12)
    expect(filter.scores()[0]!.isExcluded).toBe(true)
  })

  test('tests no more models than it may, and remembers no more senders', () => {
    const { filter, params } = begun('bristle:tested=5', 6)
    const models = Array.from({ length: 30 }, (_, i) => ({ sender: `s${i}`, params: answering([0, 1, 2, 3], 1 + i) }))
    filter.integrateInto(1, params, models)
    const tested = filter.scores().length
    for (let round = 2; round < 20; round++) filter.integrateInto(round, params, models)

    expect(tested).toBeGreaterThanOrEqual(4)
    expect(tested).toBeLessThanOrEqual(6)
    expect(filter.scores()).toHaveLength(6)
  })

  test('huge values leave the params finite', () => {
    const { filter, params } = begun()
    for (let round = 1; round < 4; round++) {
      filter.integrateInto(round, params, [{ sender: 'x', params: answering([0, 1, 2, 3], 3.4e38) }])
    }

    expect(params.every(Number.isFinite)).toBe(true)
  })

  test('without examples nobody counts', () => {
    const filter = bristle({ width: 4, classes: 4 })
    filter.begin({ features: new Float32Array(), labels: new Int32Array(), width: 0, classes: 0 })
    const params = answering([0, 1, 2, 3])
    filter.afterTraining(params, new Float32Array(DIM))
    filter.integrateInto(1, params, [{ sender: 'x', params: answering([0, 1, 2, 3]) }])

    expect(params).toEqual(new Float32Array(DIM))
  })

  test('examples of another shape are refused, and none at all', () => {
    const filter = bristle({ width: 4, classes: 4 })

    expect(() => filter.begin(unitProbe([0], 5, 1))).toThrow(/not for this output layer/)
    expect(() => filter.integrateInto(1, new Float32Array(DIM), [])).toThrow(/begin/)
  })
})

describe('state of bristle', () => {
  const models = [
    { sender: 'a', params: answering([0, 1, 2, undefined], 2) },
    { sender: 'b', params: answering([1, 0, undefined, 3]) }
  ]

  test('a restored filter goes on as the other would have', () => {
    const one = begun()
    one.filter.integrateInto(1, one.params, models)
    const two = begun()
    two.filter.restore(one.filter.save())
    two.params.set(one.params)
    expect(two.filter.scores()).toEqual(one.filter.scores())

    one.filter.integrateInto(2, one.params, models)
    two.filter.integrateInto(2, two.params, models)
    expect(two.params).toEqual(one.params)
    expect(two.filter.save()).toEqual(one.filter.save())
  })

  test('that of another filter, model or room is refused', () => {
    const { filter, params } = begun()
    filter.integrateInto(1, params, models)
    const state = filter.save()

    for (const other of [
      bristle({ width: 5, classes: 4 }),
      bristle({ width: 4, classes: 4, text: 'bristle:tested=3' }),
      bristle({ width: 4, classes: 4, maxSenders: 1 })
    ]) {
      expect(() => other.restore(state)).toThrow(FilterStateError)
      expect(other.scores()).toEqual([])
    }
  })
})
