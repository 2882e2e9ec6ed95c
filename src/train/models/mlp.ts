import { elementCount } from '../../interface/params.ts'
import { linear } from '../graph/ops/matmul.ts'
import { relu } from '../graph/ops/relu.ts'
import { reshape } from '../graph/ops/reshape.ts'
import { heNormal, xavierUniform, ZEROS } from './init.ts'
import type { DataShape, Model, ModelTensor } from './model.ts'

export interface MlpOptions {
  /** Widths of the hidden layers, first to last; none makes softmax regression. */
  hidden: readonly number[]
}

/** Multilayer perceptron: affine maps with ReLU between them, over the flattened example. */
export function mlp(name: string, { hidden }: MlpOptions, data: DataShape): Model {
  const widths = [elementCount(data.shape), ...hidden, data.classes]
  const last = widths.length - 2

  return {
    name,
    exampleShape: data.shape,
    exampleType: 'float32',
    targetShape: [],
    classes: data.classes,
    tensors: widths.slice(1).flatMap((width, layer) => layerTensors(layer, widths[layer]!, width, layer === last)),
    forward(g, params, x) {
      let h = reshape(g, x, [x.shape[0]!, widths[0]!])
      for (let layer = 0; layer <= last; layer++) {
        h = linear(g, h, params(`layer${layer}.kernel`), params(`layer${layer}.bias`))
        if (layer < last) h = relu(g, h)
      }

      return h
    }
  }
}

function layerTensors(layer: number, fanIn: number, fanOut: number, isHead: boolean): ModelTensor[] {
  return [
    {
      name: `layer${layer}.kernel`,
      shape: [fanIn, fanOut],
      kind: isHead ? 'head' : 'kernel',
      init: isHead ? xavierUniform(fanIn, fanOut) : heNormal(fanIn)
    },
    { name: `layer${layer}.bias`, shape: [fanOut], kind: 'bias', init: ZEROS }
  ]
}
