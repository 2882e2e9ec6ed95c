import type { Graph, Value } from '../graph.ts'
import { add, mul, reciprocal, sqrt, sub } from './elementwise.ts'
import { reduceMean, sumTo } from './reduce.ts'

const LAST = { axes: [-1], keepDims: true } as const

/** Keeps the root away from zero where a row is constant; the value that PyTorch uses. */
const EPSILON = 1e-5

/**
 * Normalises rows over the last axis to mean 0 and variance 1, then scales and
 * shifts each feature. Source: Ba et al., 2016, arXiv:1607.06450.
 *
 * @param x - shape (..., features)
 * @param gain - shape (features)
 * @param bias - shape (features)
 */
export function layerNorm(g: Graph, x: Value, gain: Value, bias: Value): Value {
  const { y, normalised, inverseDeviation } = g.unrecorded(() => {
    const centred = sub(g, x, reduceMean(g, x, LAST))
    const variance = reduceMean(g, mul(g, centred, centred), LAST)
    const inverseDeviation = reciprocal(g, sqrt(g, add(g, variance, EPSILON)))
    const normalised = mul(g, centred, inverseDeviation)

    return { y: add(g, mul(g, normalised, gain), bias), normalised, inverseDeviation }
  })
  g.record([y], [x, gain, bias], (dy) => {
    const dNormalised = mul(g, dy!, gain)
    const along = mul(g, normalised, reduceMean(g, mul(g, dNormalised, normalised), LAST))
    const across = sub(g, sub(g, dNormalised, reduceMean(g, dNormalised, LAST)), along)

    return [mul(g, across, inverseDeviation), sumTo(g, mul(g, dy!, normalised), gain.shape), sumTo(g, dy!, bias.shape)]
  })

  return y
}
