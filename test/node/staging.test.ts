import { expect, test } from 'vitest'
import { VectorHeap } from '../../src/math/vector-heap.ts'
import { Staging } from '../../src/node/staging.ts'

const state = (vectors: Record<string, Float32Array | Int32Array | Uint8Array>) => ({
  round: 1,
  steps: 2,
  elapsedMs: 3,
  vectors,
  data: null
})

test('a copy stays as it was, of every kind of vector and from any memory', () => {
  const heap = new VectorHeap()
  const params = heap.allocate(5)
  params.set([1, 2, 3, 4, Number.NaN])
  const log = Uint8Array.of(1, 2, 3).subarray(1)
  const acc = Int32Array.of(-1, 7)
  const staging = new Staging()
  const copy = staging.copy(state({ log, params, acc }))
  params.fill(0)
  acc.fill(0)

  expect(copy).toEqual(
    state({ log: Uint8Array.of(2, 3), params: Float32Array.of(1, 2, 3, 4, Number.NaN), acc: Int32Array.of(-1, 7) })
  )
})

test('its memory is used again, and grows when it has to', () => {
  const staging = new Staging()
  const first = staging.copy(state({ params: new Float32Array(8) })).vectors['params']!
  const second = staging.copy(state({ params: new Float32Array(3), log: new Uint8Array(5) })).vectors['log']!
  const third = staging.copy(state({ params: new Float32Array(9) })).vectors['params']!

  expect(second.buffer).toBe(first.buffer)
  expect(third.buffer).not.toBe(first.buffer)
  expect(third.length).toBe(9)
  expect(staging.copy(state({})).vectors).toEqual({})
})
