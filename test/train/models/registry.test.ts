import { describe, expect, test } from 'vitest'
import { createRng } from '../../../src/math/philox.ts'
import { initParams } from '../../../src/train/models/init.ts'
import type { DataShape } from '../../../src/train/models/model.ts'
import { layoutOf } from '../../../src/train/models/model.ts'
import type { ModelSpec } from '../../../src/train/models/registry.ts'
import { createModel } from '../../../src/train/models/registry.ts'

const digits: DataShape = { shape: [28, 28, 1], type: 'float32', classes: 10 }
const photos: DataShape = { shape: [32, 32, 3], type: 'float32', classes: 10 }
const text: DataShape = { shape: [128], type: 'int32', classes: 512 }
const rows: DataShape = { shape: [12], type: 'float32', classes: 3 }

describe('createModel', () => {
  // counted by hand from the papers' layer sizes
  test.each([
    { spec: { name: 'linear' }, data: digits, dim: 784 * 10 + 10 },
    { spec: { name: 'mlp' }, data: digits, dim: 784 * 256 + 256 + 256 * 128 + 128 + 128 * 10 + 10 },
    { spec: { name: 'mlp', hidden: [7] }, data: rows, dim: 12 * 7 + 7 + 7 * 3 + 3 },
    { spec: { name: 'lenet' }, data: digits, dim: 832 + 51_264 + 3136 * 512 + 512 + 5130 },
    { spec: { name: 'lenet' }, data: photos, dim: 2432 + 51_264 + 4096 * 512 + 512 + 5130 },
    { spec: { name: 'resnet8' }, data: photos, dim: 77_850 },
    { spec: { name: 'gpt' }, data: text, dim: 940_800 }
  ] as { spec: ModelSpec; data: DataShape; dim: number }[])('$spec has $dim parameters on $data.shape', (row) => {
    expect(layoutOf(createModel(row.spec, row.data)).dim).toBe(row.dim)
  })

  test.each([
    {
      id: 'an unknown name',
      spec: { name: 'vgg' },
      data: digits,
      says: 'unknown model "vgg", expected one of: linear'
    },
    { id: "a name of Object's", spec: { name: 'constructor' }, data: digits, says: 'unknown model "constructor"' },
    { id: 'a misspelt option', spec: { name: 'mlp', hiden: [3] }, data: digits, says: 'unknown option "hiden"' },
    { id: 'no hidden layer', spec: { name: 'mlp', hidden: [] }, data: digits, says: 'hidden must be a list' },
    { id: 'half a unit', spec: { name: 'mlp', hidden: [2.5] }, data: digits, says: 'hidden must be a whole number' },
    { id: 'tokens to an mlp', spec: { name: 'mlp' }, data: text, says: 'not tokens: try gpt' },
    {
      id: 'rows to lenet',
      spec: { name: 'lenet' },
      data: rows,
      says: 'takes images of shape (height, width, channels)'
    },
    { id: 'an odd side to lenet', spec: { name: 'lenet' }, data: { ...digits, shape: [30, 28, 1] }, says: 'of 4' },
    { id: 'groups that do not divide', spec: { name: 'resnet8', groups: 3 }, data: photos, says: 'multiple of groups' },
    { id: 'images to gpt', spec: { name: 'gpt' }, data: digits, says: 'takes sequences of tokens' },
    { id: 'heads that do not divide', spec: { name: 'gpt', heads: 5 }, data: text, says: 'multiple of heads' },
    { id: 'no classes', spec: { name: 'linear' }, data: { ...digits, classes: 0 }, says: 'classes of the data must be' }
  ])('refuses $id', ({ spec, data, says }) => {
    const create = () => createModel(spec as ModelSpec, data as DataShape)

    expect(create).toThrow(expect.objectContaining({ code: 'ERR_CONFIG_INVALID' }))
    expect(create).toThrow(says)
  })
})

describe('initParams', () => {
  const model = createModel({ name: 'lenet' }, digits)
  const layout = layoutOf(model)
  const initialised = (seed: number): Float32Array => {
    const out = new Float32Array(layout.dim)
    initParams(model, layout, createRng(seed, 'params'), out)

    return out
  }

  test('the same seed gives the same model, another seed another', () => {
    const same = (a: Float32Array, b: Float32Array): boolean => Buffer.compare(bytes(a), bytes(b)) === 0

    expect(same(initialised(1), initialised(1))).toBe(true)
    expect(same(initialised(1), initialised(2))).toBe(false)
  })

  test('kernels have the spread of He, the head that of Xavier, biases are zero', () => {
    const params = initialised(3)
    const tensor = (name: string): Float32Array => {
      const { offset, shape } = layout.tensors.find((spec) => spec.name === name)!

      return params.subarray(offset, offset + shape.reduce((product, extent) => product * extent, 1))
    }
    const stdDev = (values: Float32Array): number =>
      Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length)

    expect(stdDev(tensor('conv1.kernel'))).toBeCloseTo(Math.sqrt(2 / 800), 3)
    expect(stdDev(tensor('hidden.kernel'))).toBeCloseTo(Math.sqrt(2 / 3136), 3)
    expect(stdDev(tensor('head.kernel'))).toBeCloseTo(Math.sqrt(2 / 522), 2)
    expect(Math.max(...tensor('head.kernel'))).toBeLessThanOrEqual(Math.fround(Math.sqrt(6 / 522)))
    expect(stdDev(tensor('hidden.bias'))).toBe(0)
  })

  test('refuses a vector of another length', () => {
    const call = () => initParams(model, layout, createRng(1, 'params'), new Float32Array(3))

    expect(call).toThrow(expect.objectContaining({ code: 'ERR_PARAMS_DIM' }))
  })
})

const bytes = (values: Float32Array): Uint8Array => new Uint8Array(values.buffer)
