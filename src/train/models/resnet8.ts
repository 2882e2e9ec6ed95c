import type { Graph, Value } from '../graph/graph.ts'
import { conv2d } from '../graph/ops/conv2d.ts'
import { add } from '../graph/ops/elementwise.ts'
import { groupNorm } from '../graph/ops/group-norm.ts'
import { linear } from '../graph/ops/matmul.ts'
import { reduceMean } from '../graph/ops/reduce.ts'
import { relu } from '../graph/ops/relu.ts'
import { imageShape, toChannelsFirst } from './images.ts'
import { heNormal, ONES, xavierUniform, ZEROS } from './init.ts'
import type { DataShape, Model, ModelTensor, ParamValues } from './model.ts'

export interface ResNet8Options {
  /** Channels of the first stage; each later stage has twice as many. */
  width: number
  /** Groups of each normalisation. */
  groups: number
}

interface Stage {
  readonly name: string
  readonly inChannels: number
  readonly outChannels: number
  readonly stride: number
}

/**
 * Residual network of 8 layers for small images: a stem, three stages of one
 * basic block each, mean over pixels, one affine map.
 *
 * Source: He et al., CVPR 2016, arXiv:1512.03385, section 4.2, with n = 1 as in
 * MLPerf Tiny; group norm in place of batch norm, whose statistics would differ
 * between peers.
 */
export function resnet8(name: string, { width, groups }: ResNet8Options, data: DataShape): Model {
  const { channels } = imageShape(name, data, { minSide: 8 })
  const stages: readonly Stage[] = [
    { name: 'stage1', inChannels: width, outChannels: width, stride: 1 },
    { name: 'stage2', inChannels: width, outChannels: 2 * width, stride: 2 },
    { name: 'stage3', inChannels: 2 * width, outChannels: 4 * width, stride: 2 }
  ]
  const lastWidth = 4 * width
  const features = (g: Graph, params: ParamValues, x: Value): Value => {
    let h = relu(g, normalisedConv(g, params, 'stem', toChannelsFirst(g, x), { stride: 1, groups }))
    for (const stage of stages) h = block(g, params, stage, h, groups)

    return reduceMean(g, h, { axes: [2, 3] })
  }

  return {
    name,
    exampleShape: data.shape,
    exampleType: 'float32',
    targetShape: [],
    classes: data.classes,
    tensors: [
      ...convTensors('stem', channels, width),
      ...stages.flatMap(stageTensors),
      {
        name: 'head.kernel',
        shape: [lastWidth, data.classes],
        kind: 'head',
        init: xavierUniform(lastWidth, data.classes)
      },
      { name: 'head.bias', shape: [data.classes], kind: 'bias', init: ZEROS }
    ],
    features,
    forward: (g, params, x) => linear(g, features(g, params, x), params('head.kernel'), params('head.bias'))
  }
}

/** Two normalised convolutions around a shortcut, which is a 1x1 convolution where the shape changes. */
function block(
  g: Graph,
  params: ParamValues,
  { name, stride, inChannels, outChannels }: Stage,
  x: Value,
  groups: number
) {
  const first = relu(g, normalisedConv(g, params, `${name}.conv0`, x, { stride, groups }))
  const second = normalisedConv(g, params, `${name}.conv1`, first, { stride: 1, groups })
  const shortcut = inChannels === outChannels ? x : conv2d(g, x, params(`${name}.shortcut`), { stride })

  return relu(g, add(g, second, shortcut))
}

function normalisedConv(
  g: Graph,
  params: ParamValues,
  name: string,
  x: Value,
  { stride, groups }: { stride: number; groups: number }
): Value {
  const h = conv2d(g, x, params(`${name}.kernel`), { stride, padding: 1 })

  return groupNorm(g, h, params(`${name}.gain`), params(`${name}.bias`), groups)
}

function convTensors(name: string, inChannels: number, outChannels: number): ModelTensor[] {
  return [
    { name: `${name}.kernel`, shape: [outChannels, inChannels, 3, 3], kind: 'kernel', init: heNormal(9 * inChannels) },
    { name: `${name}.gain`, shape: [outChannels], kind: 'norm', init: ONES },
    { name: `${name}.bias`, shape: [outChannels], kind: 'norm', init: ZEROS }
  ]
}

function stageTensors({ name, inChannels, outChannels }: Stage): ModelTensor[] {
  const shortcut: ModelTensor = {
    name: `${name}.shortcut`,
    shape: [outChannels, inChannels, 1, 1],
    kind: 'kernel',
    init: heNormal(inChannels)
  }

  return [
    ...convTensors(`${name}.conv0`, inChannels, outChannels),
    ...convTensors(`${name}.conv1`, outChannels, outChannels),
    ...(inChannels === outChannels ? [] : [shortcut])
  ]
}
