import { CodedError } from '../../interface/errors.ts'
import type { Layout, Params } from '../../interface/params.ts'
import { elementCount } from '../../interface/params.ts'
import type { Rng } from '../../interface/rng.ts'
import type { Model } from './model.ts'

/** Distribution that a tensor's elements are drawn from at the start. */
export type Init =
  | { readonly kind: 'constant'; readonly value: number }
  | { readonly kind: 'normal'; readonly stdDev: number }
  | { readonly kind: 'uniform'; readonly bound: number }

export const ZEROS: Init = { kind: 'constant', value: 0 }
export const ONES: Init = { kind: 'constant', value: 1 }

/** For layers followed by ReLU. Source: He et al., ICCV 2015, arXiv:1502.01852. */
export function heNormal(fanIn: number): Init {
  return { kind: 'normal', stdDev: Math.sqrt(2 / fanIn) }
}

/** For layers followed by no ReLU. Source: Glorot and Bengio, AISTATS 2010. */
export function xavierUniform(fanIn: number, fanOut: number): Init {
  return { kind: 'uniform', bound: Math.sqrt(6 / (fanIn + fanOut)) }
}

/**
 * Writes a fresh model into `out`, shape (dim). The same model and the same
 * state of `rng` give the same numbers; normal draws use Math.log and Math.cos,
 * whose last bits may differ between kinds of machine.
 *
 * @throws {CodedError} ERR_PARAMS_DIM when `out` is not of length `layout.dim`
 */
export function initParams(model: Model, layout: Layout, rng: Rng, out: Params): void {
  if (out.length !== layout.dim) {
    throw new CodedError('ERR_PARAMS_DIM', `params of ${model.name} have length ${layout.dim}`, { length: out.length })
  }

  for (const [i, { shape, init }] of model.tensors.entries()) {
    const { offset } = layout.tensors[i]!
    fillFrom(init, rng, out.subarray(offset, offset + elementCount(shape)))
  }
}

function fillFrom(init: Init, rng: Rng, out: Float32Array): void {
  switch (init.kind) {
    case 'constant':
      out.fill(init.value)
      break
    case 'normal':
      for (let i = 0; i < out.length; i++) out[i] = init.stdDev * rng.normal()
      break
    case 'uniform':
      for (let i = 0; i < out.length; i++) out[i] = init.bound * (2 * rng.uniform() - 1)
      break
  }
}
