import { describe, expect, test } from 'vitest'
import { dumbbell, graphOf, maliciousRing, metropolisWeights } from '../../../scripts/reproduce/robust/graph.ts'

describe('maliciousRing', () => {
  const { honest, neighbours } = maliciousRing(5)

  test('has 16 nodes, 11 of them Byzantine, each of which has one neighbour', () => {
    expect(honest).toBe(5)
    expect(neighbours.length).toBe(16)
    for (const list of neighbours.slice(5)) expect(list.length).toBe(1)
  })

  test('gives each honest node two honest neighbours and two Byzantine ones, and node 0 a third', () => {
    expect(neighbours.slice(0, 5).map((list) => list.filter((node) => node < 5))).toEqual([
      [1, 4],
      [0, 2],
      [1, 3],
      [2, 4],
      [0, 3]
    ])
    expect(neighbours.slice(0, 5).map((list) => list.filter((node) => node >= 5).length)).toEqual([3, 2, 2, 2, 2])
  })
})

test('a dumbbell has two cliques and a single edge between them', () => {
  const { honest, neighbours } = dumbbell(3)

  expect(honest).toBe(6)
  expect(neighbours).toEqual([
    [1, 2, 3],
    [0, 2],
    [0, 1],
    [0, 4, 5],
    [3, 5],
    [3, 4]
  ])
})

test.each([
  { id: 'to itself', edge: [1, 1] as const },
  { id: 'out of the graph', edge: [0, 3] as const },
  { id: 'there already, the other way round', edge: [1, 0] as const }
])('refuses an edge $id', ({ edge }) => {
  expect(() => graphOf(3, 3, [[0, 1], edge])).toThrow(RangeError)
})

describe('metropolisWeights', () => {
  test('goes by the larger degree of an edge, and leaves the rest to the node itself', () => {
    const graph = dumbbell(3)

    // node 0 has three neighbours, node 1 two
    expect(metropolisWeights(graph, 0)).toEqual([0.25, 0.25, 0.25, 0.25])
    expect(metropolisWeights(graph, 1)[0]).toBeCloseTo(1 - 1 / 4 - 1 / 3)
    expect(metropolisWeights(graph, 1).slice(1)).toEqual([1 / 4, 1 / 3])
  })

  test('is symmetric and keeps sums, on a graph with many degrees', () => {
    const { neighbours } = maliciousRing(5)
    const matrix = neighbours.map((list, node) => {
      const [self, ...others] = metropolisWeights({ honest: 5, neighbours }, node)
      const row = neighbours.map((_, other) => (other === node ? self! : (others[list.indexOf(other)] ?? 0)))
      expect(row.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 12)
      expect(Math.min(...row)).toBeGreaterThanOrEqual(0)
      return row
    })

    for (const [i, row] of matrix.entries()) for (const [j, weight] of row.entries()) expect(weight).toBe(matrix[j]![i])
  })
})
