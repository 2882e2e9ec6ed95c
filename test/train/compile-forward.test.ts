import { describe, expect, test } from 'vitest'
import { elementCount } from '../../src/interface/params.ts'
import { createRng } from '../../src/math/philox.ts'
import { compileEvaluate } from '../../src/train/compile.ts'
import { compileForward } from '../../src/train/compile-forward.ts'
import { initParams } from '../../src/train/models/init.ts'
import { type DataShape, layoutOf } from '../../src/train/models/model.ts'
import { createModel, type ModelSpec } from '../../src/train/models/registry.ts'
import { type Feed, integers, noise, open } from './graph/harness.ts'

const digits: DataShape = { shape: [28, 28, 1], type: 'float32', classes: 10 }
const BATCH = 3

describe('a model with its weights in it', () => {
  test.each([
    { spec: { name: 'linear' }, data: { ...digits, shape: [12] } },
    { spec: { name: 'mlp', hidden: [9, 5] }, data: digits },
    { spec: { name: 'lenet' }, data: digits },
    { spec: { name: 'resnet8' }, data: { ...digits, shape: [32, 32, 3] } },
    { spec: { name: 'gpt', layers: 2, width: 16, heads: 2 }, data: { shape: [7], type: 'int32', classes: 11 } }
  ] as { spec: ModelSpec; data: DataShape }[])(
    '$spec.name gives the losses of the one that was trained',
    async (row) => {
      const model = createModel(row.spec, row.data)
      const layout = layoutOf(model)
      const params = new Float32Array(new SharedArrayBuffer(4 * layout.dim))
      initParams(model, layout, createRng(1, 'params'), params)
      const evaluate = compileEvaluate(model, { batchSize: BATCH })
      const x = {
        data: row.data.type === 'int32' ? integers(2, evaluate.x.shape, row.data.classes) : noise(2, evaluate.x.shape),
        shape: evaluate.x.shape
      }
      const labels = { data: integers(1, evaluate.labels.shape, row.data.classes), shape: evaluate.labels.shape }
      const feeds: Record<string, Feed> = {
        x,
        labels,
        weights: { data: new Float32Array(BATCH).fill(1), shape: [BATCH] }
      }
      for (const { input, shape, offset } of evaluate.params) {
        feeds[input] = { data: params.slice(offset, offset + elementCount(shape)), shape }
      }
      await using trained = await open(evaluate.onnx)
      const { loss_sum: lossSum } = await trained.run(feeds)
      await using exported = await open(compileForward(model, params, { batchSize: BATCH }))
      const { logits, probabilities } = await exported.run({ x })

      const rows = labels.data.length
      expect(logits).toHaveLength(rows * row.data.classes)
      let loss = 0
      for (let i = 0; i < rows; i++) {
        const of = (values: ArrayLike<number>) =>
          Array.from({ length: row.data.classes }, (_, k) => values[i * row.data.classes + k]!)
        const log = Math.log(of(logits!).reduce((sum, value) => sum + Math.exp(value), 0))
        loss += (log - of(logits!)[labels.data[i]!]!) * (BATCH / rows)
        expect(of(probabilities!).reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 5)
        expect(of(probabilities!)[0]).toBeCloseTo(Math.exp(of(logits!)[0]! - log), 5)
      }
      expect(loss).toBeCloseTo(lossSum![0]!, 3)
      expect(loss).toBeGreaterThan(0.5)
    }
  )
})
