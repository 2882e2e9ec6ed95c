import type { Graph, Value } from '../graph/graph.ts'
import { conv2d } from '../graph/ops/conv2d.ts'
import { linear } from '../graph/ops/matmul.ts'
import { maxPool2x2 } from '../graph/ops/max-pool.ts'
import { relu } from '../graph/ops/relu.ts'
import { reshape } from '../graph/ops/reshape.ts'
import { imageShape, toChannelsFirst } from './images.ts'
import { heNormal, xavierUniform, ZEROS } from './init.ts'
import type { DataShape, Model, ParamValues } from './model.ts'

export interface LenetOptions {
  /** Channels of the two convolutions. */
  channels: readonly [number, number]
  /** Hidden units between convolutions and head. */
  hidden: number
}

const KERNEL_SIDE = 5

/**
 * LeNet-style CNN: two 5x5 convolutions, each halved by max-pooling, then one
 * hidden layer. Source: LeCun et al., 1998, with ReLU, as in McMahan et al.,
 * AISTATS 2017, arXiv:1602.05629.
 */
export function lenet(name: string, options: LenetOptions, data: DataShape): Model {
  const { hidden } = options
  const [first, second] = options.channels
  const { height, width, channels } = imageShape(name, data, { minSide: 8, sideMultiple: 4 })
  const flat = (height / 4) * (width / 4) * second
  const area = KERNEL_SIDE * KERNEL_SIDE
  const side = [KERNEL_SIDE, KERNEL_SIDE]
  const features = (g: Graph, params: ParamValues, x: Value): Value => {
    let h = toChannelsFirst(g, x)
    for (const layer of ['conv0', 'conv1']) {
      h = conv2d(g, h, params(`${layer}.kernel`), { bias: params(`${layer}.bias`), padding: 2 })
      h = relu(g, maxPool2x2(g, h)) // the same as pooling after ReLU, on a quarter of the elements
    }

    return relu(g, linear(g, reshape(g, h, [x.shape[0]!, flat]), params('hidden.kernel'), params('hidden.bias')))
  }

  return {
    name,
    exampleShape: data.shape,
    exampleType: 'float32',
    targetShape: [],
    classes: data.classes,
    tensors: [
      {
        name: 'conv0.kernel',
        shape: [first, channels, ...side],
        kind: 'kernel',
        init: heNormal(channels * area)
      },
      { name: 'conv0.bias', shape: [first], kind: 'bias', init: ZEROS },
      {
        name: 'conv1.kernel',
        shape: [second, first, ...side],
        kind: 'kernel',
        init: heNormal(first * area)
      },
      { name: 'conv1.bias', shape: [second], kind: 'bias', init: ZEROS },
      { name: 'hidden.kernel', shape: [flat, hidden], kind: 'kernel', init: heNormal(flat) },
      { name: 'hidden.bias', shape: [hidden], kind: 'bias', init: ZEROS },
      { name: 'head.kernel', shape: [hidden, data.classes], kind: 'head', init: xavierUniform(hidden, data.classes) },
      { name: 'head.bias', shape: [data.classes], kind: 'bias', init: ZEROS }
    ],
    features,
    forward: (g, params, x) => linear(g, features(g, params, x), params('head.kernel'), params('head.bias'))
  }
}
