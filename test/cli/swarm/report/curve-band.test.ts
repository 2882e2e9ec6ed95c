import { expect, test } from 'vitest'
import { curveBand } from '../../../../src/cli/swarm/report/curve-band.ts'
import { type NodeRecord, newNodeRecord } from '../../../../src/cli/swarm/run-record.ts'

function nodeWith(points: [number, number][], state: NodeRecord['state'] = 'left'): NodeRecord {
  return {
    ...newNodeRecord(0),
    state,
    curve: points.map(([seconds, accuracy], round) => ({ seconds, round, accuracy }))
  }
}

test('lowest, mean and highest, linear between measurements', () => {
  const nodes = [
    nodeWith([
      [0, 0],
      [10, 1]
    ]),
    nodeWith([
      [0, 0.2],
      [10, 0.2]
    ]),
    nodeWith([
      [0, 0.6],
      [10, 0.6]
    ])
  ]
  const [start, middle, end] = curveBand(nodes, 10, 3)
  expect(start).toEqual({ seconds: 0, min: 0, mean: expect.closeTo(0.8 / 3), max: 0.6 })
  expect(middle).toEqual({ seconds: 5, min: 0.2, mean: expect.closeTo(1.3 / 3), max: 0.6 })
  expect(end).toEqual({ seconds: 10, min: 0.2, mean: expect.closeTo(0.6), max: 1 })
})

test('a node that finished early keeps its last accuracy; one that died or left is gone', () => {
  const stays = nodeWith([
    [0, 0.9],
    [10, 0.9]
  ])
  const early: [number, number][] = [
    [0, 0.1],
    [4, 0.1]
  ]
  expect(curveBand([stays, nodeWith(early)], 10, 3).map(({ min }) => min)).toEqual([0.1, 0.1, 0.1])
  for (const gone of ['died', 'withdrawn'] as const) {
    expect(curveBand([stays, nodeWith(early, gone)], 10, 3).map(({ min }) => min)).toEqual([0.1, 0.9, 0.9])
  }
})

test('begins with the first measurement, and is empty without any', () => {
  expect(
    curveBand(
      [
        nodeWith([
          [5, 0.5],
          [10, 0.7]
        ])
      ],
      10,
      3
    ).map(({ seconds }) => seconds)
  ).toEqual([5, 10])
  expect(curveBand([nodeWith([])], 10, 3)).toEqual([])
})

test('two measurements at the same moment are no division by zero', () => {
  expect(
    curveBand(
      [
        nodeWith([
          [5, 0.5],
          [5, 0.7]
        ])
      ],
      10,
      3
    ).map(({ mean }) => mean)
  ).toEqual([0.5, 0.7])
})
