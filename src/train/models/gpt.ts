import { InvalidConfigError } from '../../interface/errors.ts'
import type { Graph, Value } from '../graph/graph.ts'
import { causalAttention } from '../graph/ops/attention.ts'
import { add } from '../graph/ops/elementwise.ts'
import { embedding } from '../graph/ops/embedding.ts'
import { gelu } from '../graph/ops/gelu.ts'
import { layerNorm } from '../graph/ops/layer-norm.ts'
import { linear, matMul } from '../graph/ops/matmul.ts'
import { reshape, split, transpose } from '../graph/ops/reshape.ts'
import type { Init } from './init.ts'
import { ONES, ZEROS } from './init.ts'
import type { DataShape, Model, ModelTensor, ParamValues } from './model.ts'

export interface GptOptions {
  layers: number
  /** Width of the residual stream; a multiple of `heads`. */
  width: number
  heads: number
}

/** GPT-2's: small enough that the first logits are nearly even. */
const NORMAL: Init = { kind: 'normal', stdDev: 0.02 }

/**
 * Decoder-only transformer with pre-normalisation, learned positions and an
 * untied head. Source: Radford et al., 2019 (GPT-2).
 */
export function gpt(name: string, options: GptOptions, data: DataShape): Model {
  const [length] = data.shape
  if (data.type !== 'int32' || data.shape.length !== 1 || length === undefined) {
    throw new InvalidConfigError(
      `${name} takes sequences of tokens, int32 of shape (length); the data's examples are ${data.type} ` +
        `of shape (${data.shape.join(', ')}): use data such as text:FILE, or another model`
    )
  }
  const { layers, width } = options
  const blocks = Array.from({ length: layers }, (_, layer) => `block${layer}`)

  return {
    name,
    exampleShape: data.shape,
    exampleType: 'int32',
    targetShape: data.shape,
    classes: data.classes,
    tensors: [
      { name: 'tokens', shape: [data.classes, width], kind: 'embedding', init: NORMAL },
      { name: 'positions', shape: [length, width], kind: 'embedding', init: NORMAL },
      ...blocks.flatMap((block) => blockTensors(block, width, layers)),
      ...normTensors('norm', width),
      { name: 'head.kernel', shape: [width, data.classes], kind: 'head', init: NORMAL }
    ],
    forward(g, params, x) {
      const batch = x.shape[0]!
      let h = add(g, embedding(g, params('tokens'), x), params('positions'))
      h = reshape(g, h, [batch * length, width])
      for (const block of blocks) h = traceBlock(g, params, block, h, { ...options, batch, length })
      const logits = matMul(g, norm(g, params, 'norm', h), params('head.kernel'))

      return reshape(g, logits, [batch, length, data.classes])
    }
  }
}

interface BlockShape extends GptOptions {
  readonly batch: number
  readonly length: number
}

/** @param x - the residual stream, shape (batch * length, width) */
function traceBlock(g: Graph, params: ParamValues, name: string, x: Value, shape: BlockShape): Value {
  const dense = (layer: string, h: Value): Value =>
    linear(g, h, params(`${name}.${layer}.kernel`), params(`${name}.${layer}.bias`))

  const mixed = attend(g, dense('qkv', norm(g, params, `${name}.norm0`, x)), shape)
  const h = add(g, x, dense('out', mixed))
  const hidden = gelu(g, dense('up', norm(g, params, `${name}.norm1`, h)))

  return add(g, h, dense('down', hidden))
}

/** @param qkv - queries, keys and values side by side, shape (batch * length, 3 width) */
function attend(g: Graph, qkv: Value, { batch, length, width, heads }: BlockShape): Value {
  const headWidth = width / heads
  const apart = transpose(g, reshape(g, qkv, [batch, length, 3, heads, headWidth]), [2, 0, 3, 1, 4])
  const [q, k, v] = split(g, apart, 3, 0).map((part) => reshape(g, part, [batch * heads, length, headWidth]))
  const y = reshape(g, causalAttention(g, q!, k!, v!), [batch, heads, length, headWidth])

  return reshape(g, transpose(g, y, [0, 2, 1, 3]), [batch * length, width])
}

function norm(g: Graph, params: ParamValues, name: string, x: Value): Value {
  return layerNorm(g, x, params(`${name}.gain`), params(`${name}.bias`))
}

function normTensors(name: string, width: number): ModelTensor[] {
  return [
    { name: `${name}.gain`, shape: [width], kind: 'norm', init: ONES },
    { name: `${name}.bias`, shape: [width], kind: 'norm', init: ZEROS }
  ]
}

function denseTensors(name: string, fanIn: number, fanOut: number, init: Init): ModelTensor[] {
  return [
    { name: `${name}.kernel`, shape: [fanIn, fanOut], kind: 'kernel', init },
    { name: `${name}.bias`, shape: [fanOut], kind: 'bias', init: ZEROS }
  ]
}

function blockTensors(name: string, width: number, layers: number): ModelTensor[] {
  // two projections a block add to the residual stream: keep its variance from growing with depth
  const residual: Init = { kind: 'normal', stdDev: 0.02 / Math.sqrt(2 * layers) }

  return [
    ...normTensors(`${name}.norm0`, width),
    ...denseTensors(`${name}.qkv`, width, 3 * width, NORMAL),
    ...denseTensors(`${name}.out`, width, width, residual),
    ...normTensors(`${name}.norm1`, width),
    ...denseTensors(`${name}.up`, width, 4 * width, NORMAL),
    ...denseTensors(`${name}.down`, 4 * width, width, residual)
  ]
}
