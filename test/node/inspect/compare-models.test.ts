import { expect, test } from 'vitest'
import { createLayout } from '../../../src/interface/params.ts'
import { compareModels } from '../../../src/node/inspect/compare-models.ts'

test('layer by layer, and in total', async () => {
  const layout = createLayout([
    { name: 'dense.kernel', shape: [2, 2], kind: 'kernel' },
    { name: 'dense.bias', shape: [2], kind: 'bias' }
  ])
  const a = Float32Array.of(1, 2, 3, 4, 0, 0)
  const b = Float32Array.of(1, 2, 3, 1, 4, 0)
  expect(await compareModels(a, b, layout)).toEqual({
    distance: 5,
    cosine: expect.closeTo(18 / Math.sqrt(30 * 31), 12),
    layers: [
      { layer: 'dense.kernel', parameters: 4, distance: 3, cosine: expect.closeTo(18 / Math.sqrt(30 * 15), 12) },
      { layer: 'dense.bias', parameters: 2, distance: 4, cosine: null }
    ]
  })
})

test('a large model does not keep the node from its work, and can be given up', async () => {
  const layout = createLayout([{ name: 'all', shape: [5_000_000], kind: 'kernel' }])
  const [a, b] = [new Float32Array(layout.dim).fill(1), new Float32Array(layout.dim).fill(2)]
  let turns = 0
  const timer = setInterval(() => turns++, 0)
  const likeness = await compareModels(a, b, layout)
  clearInterval(timer)
  expect(likeness).toMatchObject({ distance: Math.sqrt(layout.dim), cosine: expect.closeTo(1, 12) })
  expect(turns).toBeGreaterThan(0)

  await expect(compareModels(a, b, layout, { signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow()
})
