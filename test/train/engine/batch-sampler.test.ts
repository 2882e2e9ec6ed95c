import { expect, test } from 'vitest'
import { BatchSampler } from '../../../src/train/engine/batch-sampler.ts'
import { epochRngs } from '../../../src/train/engine/epochs.ts'

const indices = Uint32Array.of(3, 14, 15, 92, 65)
const draw = (sampler: BatchSampler, count: number): number[] => Array.from({ length: count }, () => sampler.next())
const sorted = (values: readonly number[]): number[] => values.toSorted((a, b) => a - b)

test('every epoch has every example once, in an order of its own', () => {
  const sampler = new BatchSampler(indices, epochRngs(1, 'batches:0'))
  const epochs = Array.from({ length: 20 }, () => draw(sampler, indices.length))

  for (const epoch of epochs) expect(sorted(epoch)).toEqual(sorted([...indices]))
  expect(new Set(epochs.map(String)).size).toBeGreaterThan(10)
})

test('every order is equally likely', () => {
  const sampler = new BatchSampler(Uint32Array.of(0, 1, 2), epochRngs(2, 'orders'))
  const counts = new Map<string, number>()
  for (let i = 0; i < 6000; i++) {
    const order = String(draw(sampler, 3))
    counts.set(order, (counts.get(order) ?? 0) + 1)
  }

  expect(counts.size).toBe(6)
  // 1000 each, standard deviation 29; a shuffle that swaps with any index gives 890 and 1110
  for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(105)
})

test('the seed and the stream decide', () => {
  const run = (seed: number, stream: string): number[] =>
    draw(new BatchSampler(indices, epochRngs(seed, `batches:${stream}`)), 40)

  expect(run(1, '0')).toEqual(run(1, '0'))
  expect(run(1, '0')).not.toEqual(run(2, '0'))
  expect(run(1, '0')).not.toEqual(run(1, '1'))
})

test.each([0, 1, 5, 6, 23, 50_003])('goes on from any place: %i', (place) => {
  const [whole, sought] = [1, 1].map(() => new BatchSampler(indices, epochRngs(1, 'batches:0')))
  draw(whole!, place)
  draw(sought!, 7) // wherever it was
  sought!.seek(place)

  expect(draw(sought!, 12)).toEqual(draw(whole!, 12))
})

test('leaves the slice as it was', () => {
  const own = indices.slice()
  draw(new BatchSampler(own, epochRngs(1, 'x')), 7)

  expect(own).toEqual(indices)
})
