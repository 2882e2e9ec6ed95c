import { describe, expect, test } from 'vitest'
import { splitLayout } from '../../../src/train/models/head.ts'
import type { Model } from '../../../src/train/models/model.ts'
import { layoutOf } from '../../../src/train/models/model.ts'
import { createModel, type ModelSpec, modelNames } from '../../../src/train/models/registry.ts'

const IMAGES = { shape: [28, 28, 1], type: 'float32', classes: 10 } as const
const TOKENS = { shape: [16], type: 'int32', classes: 30 } as const

const HEADS: Record<ModelSpec['name'], string[]> = {
  linear: ['layer0.kernel', 'layer0.bias'],
  mlp: ['layer2.kernel', 'layer2.bias'],
  lenet: ['head.kernel', 'head.bias'],
  resnet8: ['head.kernel', 'head.bias'],
  gpt: ['head.kernel']
}

describe('splitLayout', () => {
  test('knows every model', () => {
    expect(Object.keys(HEADS).toSorted()).toEqual([...modelNames].toSorted())
  })

  test.each(Object.entries(HEADS))('%s ends in its output layer', (name, head) => {
    const model = createModel({ name } as ModelSpec, name === 'gpt' ? TOKENS : IMAGES)
    const whole = layoutOf(model)
    const { frozen, trained } = splitLayout(model, 'head')

    expect(trained.tensors.map((tensor) => tensor.name)).toEqual(head)
    expect(trained.tensors[0]).toMatchObject({ offset: 0, kind: 'head' })
    expect(frozen.dim + trained.dim).toBe(whole.dim)
    expect([...frozen.tensors, ...trained.tensors].map((tensor) => tensor.name)).toEqual(
      whole.tensors.map((tensor) => tensor.name)
    )
    expect(splitLayout(model, 'all')).toEqual({ frozen: { tensors: [], dim: 0 }, trained: whole })
  })

  test.each<{ id: string; change: (tensors: Model['tensors']) => Model['tensors'] }>([
    { id: 'no head', change: (tensors) => tensors.map((tensor) => ({ ...tensor, kind: 'kernel' as const })) },
    { id: 'its head in front', change: (tensors) => tensors.toReversed() },
    { id: 'a tensor after its head', change: (tensors) => [...tensors, { ...tensors.at(-1)!, name: 'more' }] }
  ])('a model with $id is refused', ({ change }) => {
    const model = createModel({ name: 'mlp' }, IMAGES)
    expect(() => splitLayout({ ...model, tensors: change(model.tensors) }, 'head')).toThrowError(
      expect.objectContaining({ code: 'ERR_CONFIG_INVALID', message: expect.stringContaining('mlp') })
    )
  })
})
