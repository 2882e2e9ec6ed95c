import { expect, test } from 'vitest'
import type { Network } from '../../src/interface/network.ts'
import { VectorHeap } from '../../src/math/vector-heap.ts'
import { ModelBoard } from '../../src/node/simulation/model-board.ts'
import { encodeModel } from '../../src/wire/model-codec.ts'

test('a node that offers a spoilt model stands there with its last good one; one that never had any does not', () => {
  const vectors = new VectorHeap()
  const peers = ['a', 'b']
  const board = new ModelBoard({ vectors, peers })
  const offering = (self: string) => {
    const network = board.watch({ self, offer: () => ({ hash: '', bytes: 0 }) } as unknown as Network, 2)

    return (...values: number[]) => network.offer(encodeModel(Float32Array.from(values)))
  }
  const [ofA, ofB] = peers.map(offering)
  const seen = () => board.models().map(({ peer, params }) => [peer, ...params])

  ofA!(1, 2)
  ofB!(Number.NaN, 0)
  expect(seen()).toEqual([['a', 1, 2]])
  ofA!(5, Number.POSITIVE_INFINITY)
  ofB!(3, 4)
  expect(seen()).toEqual([
    ['a', 1, 2],
    ['b', 3, 4]
  ])
  board.close()
  expect(vectors.usedBytes).toBe(0)
})
