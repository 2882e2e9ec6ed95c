import type { Graph, Value } from '../graph.ts'
import { GraphError } from '../shape.ts'
import { add, mul, neg, reciprocal, sqrt, sub } from './elementwise.ts'
import { reduceMean, reduceSum } from './reduce.ts'
import { expand, reshape } from './reshape.ts'

/** Keeps the root away from zero where a group is constant; the value that PyTorch uses. */
const EPSILON = 1e-5

/**
 * Normalises each image's groups of channels to mean 0 and variance 1, then
 * scales and shifts each channel. Needs no batch statistics, which would differ
 * between peers. Source: Wu and He, ECCV 2018, arXiv:1803.08494.
 *
 * What varies only by image and channel is folded into coefficients of shape
 * (n, channels, 1), so that few operators run over whole images.
 *
 * @param x - shape (n, channels, height, width)
 * @param gain - shape (channels)
 * @param bias - shape (channels)
 */
export function groupNorm(g: Graph, x: Value, gain: Value, bias: Value, groups: number): Value {
  const [n, channels, height, width] = x.shape as [number, number, number, number]
  if (x.shape.length !== 4 || channels % groups !== 0)
    throw new GraphError(`group norm of (${x.shape}) by ${groups} groups`)

  const pixels = height * width
  const perGroup = channels / groups
  const images = [n, channels, pixels]
  const column = (perChannel: Value): Value => reshape(g, perChannel, [channels, 1])
  /** Shape (n, groups, 1) to (n, channels, 1). */
  const toChannels = (value: Value): Value =>
    reshape(g, expand(g, reshape(g, value, [n, groups, 1]), [n, groups, perGroup]), [n, channels, 1])
  /** Mean over a group of what is summed over pixels already: shape (n, channels, 1) to (n, groups, 1). */
  const groupMean = (sums: Value): Value =>
    mul(g, reduceSum(g, reshape(g, sums, [n, groups, perGroup]), LAST), 1 / (perGroup * pixels))

  const { y, centred, inverseDeviation } = g.unrecorded(() => {
    const grouped = reshape(g, x, [n, groups, perGroup * pixels])
    const centred = sub(g, grouped, reduceMean(g, grouped, LAST))
    const variance = reduceMean(g, mul(g, centred, centred), LAST)
    const inverseDeviation = toChannels(reciprocal(g, sqrt(g, add(g, variance, EPSILON))))
    const scaled = mul(g, reshape(g, centred, images), mul(g, inverseDeviation, column(gain)))

    return {
      y: reshape(g, add(g, scaled, column(bias)), x.shape),
      centred: reshape(g, centred, images),
      inverseDeviation
    }
  })

  g.record([y], [x, gain, bias], (cotangent) => {
    const dy = reshape(g, cotangent!, images)
    const dyByImage = reduceSum(g, dy, LAST) // (n, channels, 1)
    const dyNormalised = mul(g, reduceSum(g, mul(g, dy, centred), LAST), inverseDeviation)

    // dx = (gain dy - mean(gain dy) - normalised mean(gain dy normalised)) / deviation, means over the group
    const mean = toChannels(groupMean(mul(g, dyByImage, column(gain))))
    const slope = mul(g, toChannels(groupMean(mul(g, dyNormalised, column(gain)))), inverseDeviation)
    const inner = add(g, mul(g, dy, column(gain)), neg(g, add(g, mul(g, centred, slope), mean)))

    return [
      reshape(g, mul(g, inner, inverseDeviation), x.shape),
      reduceSum(g, dyNormalised, { axes: [0, 2] }),
      reduceSum(g, dyByImage, { axes: [0, 2] })
    ]
  })

  return y
}

const LAST = { axes: [-1], keepDims: true } as const
