import { elementCount } from '../../interface/params.ts'
import type { Graph, Value } from '../graph/graph.ts'
import { linear } from '../graph/ops/matmul.ts'
import { relu } from '../graph/ops/relu.ts'
import { reshape } from '../graph/ops/reshape.ts'
import { heNormal, xavierUniform, ZEROS } from './init.ts'
import type { DataShape, Model, ModelTensor, ParamValues } from './model.ts'

export interface MlpOptions {
  /** Widths of the hidden layers, first to last; none makes softmax regression. */
  hidden: readonly number[]
}

/** Multilayer perceptron: affine maps with ReLU between them, over the flattened example. */
export function mlp(name: string, { hidden }: MlpOptions, data: DataShape): Model {
  const widths = [elementCount(data.shape), ...hidden, data.classes]
  const last = widths.length - 2
  const features = (g: Graph, params: ParamValues, x: Value): Value => {
    let h = reshape(g, x, [x.shape[0]!, widths[0]!])
    for (let layer = 0; layer < last; layer++) {
      h = relu(g, linear(g, h, params(`layer${layer}.kernel`), params(`layer${layer}.bias`)))
    }

    return h
  }

  return {
    name,
    exampleShape: data.shape,
    exampleType: 'float32',
    targetShape: [],
    classes: data.classes,
    tensors: widths.slice(1).flatMap((width, layer) => layerTensors(layer, widths[layer]!, width, layer === last)),
    features,
    forward: (g, params, x) =>
      linear(g, features(g, params, x), params(`layer${last}.kernel`), params(`layer${last}.bias`))
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
