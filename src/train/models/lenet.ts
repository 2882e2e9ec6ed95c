import { conv2d } from '../graph/ops/conv2d.ts'
import { linear } from '../graph/ops/matmul.ts'
import { maxPool2x2 } from '../graph/ops/max-pool.ts'
import { relu } from '../graph/ops/relu.ts'
import { reshape } from '../graph/ops/reshape.ts'
import { imageShape, toChannelsFirst } from './images.ts'
import { heNormal, xavierUniform, ZEROS } from './init.ts'
import type { DataShape, Model } from './model.ts'

const FIRST_CHANNELS = 32
const SECOND_CHANNELS = 64
const KERNEL_SIDE = 5
const HIDDEN = 512

/**
 * LeNet-style CNN: two 5x5 convolutions of 32 and 64 channels, each halved by
 * max-pooling, then 512 hidden units. Source: LeCun et al., 1998, with the
 * widths and ReLU of McMahan et al., AISTATS 2017, arXiv:1602.05629.
 */
export function lenet(name: string, data: DataShape): Model {
  const { height, width, channels } = imageShape(name, data, { minSide: 8, sideMultiple: 4 })
  const flat = (height / 4) * (width / 4) * SECOND_CHANNELS
  const area = KERNEL_SIDE * KERNEL_SIDE
  const side = [KERNEL_SIDE, KERNEL_SIDE]

  return {
    name,
    exampleShape: data.shape,
    exampleType: 'float32',
    targetShape: [],
    classes: data.classes,
    tensors: [
      {
        name: 'conv0.kernel',
        shape: [FIRST_CHANNELS, channels, ...side],
        kind: 'kernel',
        init: heNormal(channels * area)
      },
      { name: 'conv0.bias', shape: [FIRST_CHANNELS], kind: 'bias', init: ZEROS },
      {
        name: 'conv1.kernel',
        shape: [SECOND_CHANNELS, FIRST_CHANNELS, ...side],
        kind: 'kernel',
        init: heNormal(FIRST_CHANNELS * area)
      },
      { name: 'conv1.bias', shape: [SECOND_CHANNELS], kind: 'bias', init: ZEROS },
      { name: 'hidden.kernel', shape: [flat, HIDDEN], kind: 'kernel', init: heNormal(flat) },
      { name: 'hidden.bias', shape: [HIDDEN], kind: 'bias', init: ZEROS },
      { name: 'head.kernel', shape: [HIDDEN, data.classes], kind: 'head', init: xavierUniform(HIDDEN, data.classes) },
      { name: 'head.bias', shape: [data.classes], kind: 'bias', init: ZEROS }
    ],
    forward(g, params, x) {
      let h = toChannelsFirst(g, x)
      for (const layer of ['conv0', 'conv1']) {
        h = conv2d(g, h, params(`${layer}.kernel`), { bias: params(`${layer}.bias`), padding: 2 })
        h = relu(g, maxPool2x2(g, h)) // the same as pooling after ReLU, on a quarter of the elements
      }
      h = relu(g, linear(g, reshape(g, h, [x.shape[0]!, flat]), params('hidden.kernel'), params('hidden.bias')))

      return linear(g, h, params('head.kernel'), params('head.bias'))
    }
  }
}
