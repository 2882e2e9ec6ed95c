import { expect, test } from 'vitest'
import { graphOf, maliciousRing } from '../../../scripts/reproduce/robust/graph.ts'
import { Neighbourhood } from '../../../scripts/reproduce/robust/neighbourhood.ts'
import { createRng } from '../../../src/math/philox.ts'
import { VectorHeap } from '../../../src/math/vector-heap.ts'
import { createAggregator, parseAggregator } from '../../../src/robust/registry.ts'

const vectors = new VectorHeap()

/** What reaches `node` when node i holds the model [i, i]. */
function receive(attack: string | undefined, node: number, graph = maliciousRing(5)) {
  const aggregator = createAggregator(parseAggregator('mean'), { vectors })
  const init = { graph, node, dim: 2, vectors, aggregator, attack, rng: createRng(1, 'test') }
  const models = Array.from({ length: graph.honest }, (_, i) => Float32Array.of(i, i))
  const { updates, mixingWeights } = new Neighbourhood(init).receive(models, 1)

  return { values: updates.map((update) => update[0]), mixingWeights }
}

test('the own model comes first, then honest neighbours, then what attackers make of these', () => {
  const { values, mixingWeights } = receive('ipm:tau=0.5', 3)

  expect(values).toEqual([3, 2, 4, -1.5, -1.5])
  expect(mixingWeights.length).toBe(5)
  expect(mixingWeights[1]).toBeCloseTo(1 / 5)
})

test('dissensus cancels the pull of the honest neighbours, by the weights of the target', () => {
  const { values, mixingWeights } = receive('dissensus:epsilon=1', 4) // neighbours 0 and 3 pull it down
  const moved = values.reduce<number>((sum, value, i) => sum + mixingWeights[i]! * value!, 0)

  expect(values[3]).toBeGreaterThan(4)
  expect(moved).toBeCloseTo(4, 5)
})

test('what is not finite is dropped, and its weight falls to the node itself', () => {
  const { values, mixingWeights } = receive('nan', 1)

  expect(values).toEqual([1, 0, 2])
  expect(mixingWeights.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 12)
  expect(mixingWeights[0]).toBeGreaterThan(0.5)
})

test('Byzantine neighbours need an attack; without any, none is asked for', () => {
  expect(() => receive(undefined, 0)).toThrow(RangeError)
  expect(receive(undefined, 0, graphOf(2, 2, [[0, 1]])).values).toEqual([0, 1])
})
