import { describe, expect, test } from 'vitest'
import { gradients } from '../../../src/train/graph/gradients.ts'
import { Graph } from '../../../src/train/graph/graph.ts'
import { accuracy } from '../../../src/train/graph/ops/accuracy.ts'
import { conv2d } from '../../../src/train/graph/ops/conv2d.ts'
import { add, exp, mul } from '../../../src/train/graph/ops/elementwise.ts'
import { linear, matMul } from '../../../src/train/graph/ops/matmul.ts'
import { maxPool2x2 } from '../../../src/train/graph/ops/max-pool.ts'
import { reduceSum } from '../../../src/train/graph/ops/reduce.ts'
import { reshape, split } from '../../../src/train/graph/ops/reshape.ts'
import { noise, open, openOperator, relativeError } from './harness.ts'

describe('Graph', () => {
  test('leaves out what no output depends on', () => {
    const trace = (extra: boolean): number => {
      const g = new Graph()
      const x = g.input('x', 'float32', [2])
      const y = add(g, x, 1)
      if (extra) exp(g, mul(g, y, 3))
      g.output('y', y)

      return g.serialise().length
    }

    expect(trace(true)).toBe(trace(false))
  })

  test('an input, a constant and the same value twice can be outputs', async () => {
    const g = new Graph()
    const x = g.input('x', 'float32', [2])
    const y = add(g, x, 1)
    g.output('same', x)
    g.output('two', g.scalar(2))
    g.output('y', y)
    g.output('y again', y)
    await using runner = await open(g.serialise())
    const results = await runner.run({ x: { data: Float32Array.of(3, 4), shape: [2] } })

    expect(Object.fromEntries(Object.entries(results).map(([name, data]) => [name, [...data]]))).toEqual({
      same: [3, 4],
      two: [2],
      y: [4, 5],
      'y again': [4, 5]
    })
  })

  test.each([
    { id: 'two ports of one name', trace: (g: Graph) => g.output('x', g.input('x', 'float32', [1])) },
    { id: 'shapes that do not broadcast', trace: (g: Graph) => add(g, floats(g, [2]), floats(g, [3])) },
    { id: 'matrices that do not fit', trace: (g: Graph) => matMul(g, floats(g, [2, 3]), floats(g, [2, 3])) },
    { id: 'a bias too long', trace: (g: Graph) => linear(g, floats(g, [2, 3]), floats(g, [3, 4]), floats(g, [5])) },
    { id: 'a reshape to more', trace: (g: Graph) => reshape(g, floats(g, [2, 3]), [7]) },
    { id: 'a split that leaves a rest', trace: (g: Graph) => split(g, floats(g, [5]), 2, 0) },
    { id: 'more parts than WebGPU binds', trace: (g: Graph) => split(g, floats(g, [32]), 8, 0) },
    { id: 'an axis that is not there', trace: (g: Graph) => reduceSum(g, floats(g, [2]), { axes: [1] }) },
    { id: 'other channels', trace: (g: Graph) => conv2d(g, floats(g, [1, 2, 3, 3]), floats(g, [1, 3, 1, 1])) },
    { id: 'an odd side', trace: (g: Graph) => maxPool2x2(g, floats(g, [1, 1, 3, 4])) },
    { id: 'a loss that is no scalar', trace: (g: Graph) => gradients(g, floats(g, [1]), []) }
  ])('refuses $id', ({ trace }) => {
    expect(() => trace(new Graph())).toThrow(expect.objectContaining({ code: 'ERR_GRAPH_SHAPE' }))
  })
})

let inputs = 0
const floats = (g: Graph, shape: number[]) => g.input(`input${inputs++}`, 'float32', shape)

test('what the loss does not depend on has a gradient of zeros', async () => {
  await using operator = await openOperator(
    (g, a) => mul(g, a!, 2),
    [
      { shape: [3], scale: 1, shift: 0 },
      { shape: [2, 2], scale: 1, shift: 0 }
    ]
  )
  const { gradients: found } = await operator.run([noise(0, [3]), noise(1, [2, 2])])

  expect([...found[1]!]).toEqual([0, 0, 0, 0])
})

test('max-pooling shares the derivative out among equal largest pixels', async () => {
  await using operator = await openOperator((g, x) => maxPool2x2(g, x!), [{ shape: [1, 1, 2, 4], scale: 1, shift: 0 }])
  const image = Float32Array.of(5, 1, 0, 0, 5, 2, 0, 0)
  const { gradients: found } = await operator.run([image])
  const [left, right] = noise(99, [2]) as unknown as [number, number]

  const shared = [left / 2, 0, right / 4, right / 4, left / 2, 0, right / 4, right / 4]
  expect(relativeError(found[0]!, shared)).toBeLessThan(1e-6)
})

test('accuracy counts ties as chance and NaN as wrong', async () => {
  const g = new Graph()
  const logits = g.input('logits', 'float32', [5, 3])
  g.output('right', accuracy(g, logits, g.input('labels', 'int32', [5])))
  await using runner = await open(g.serialise())
  const rows = [
    [1, 2, 3], // right
    [3, 2, 1], // wrong
    [4, 0, 4], // one of two
    [0, 0, 0], // one of three
    [Number.NaN, 1, 2]
  ]
  const { right } = await runner.run({
    logits: { data: Float32Array.from(rows.flat()), shape: [5, 3] },
    labels: { data: Int32Array.of(2, 2, 2, 2, 2), shape: [5] }
  })

  expect([...right!]).toEqual([1, 0, 0.5, Math.fround(1 / 3), 0])
})
