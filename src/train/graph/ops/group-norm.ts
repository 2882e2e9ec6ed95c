import type { Graph, SquaredVjp, Value, Vjp } from '../graph.ts'
import { GraphError } from '../shape.ts'
import { add, mul, neg, reciprocal, sqrt, sub, sumOfSquares } from './elementwise.ts'
import { reduceMean, reduceSum, sumOverFirst } from './reduce.ts'
import { reshape } from './reshape.ts'

/** Keeps the root away from zero where a group is constant; the value that PyTorch uses. */
const EPSILON = 1e-5

/**
 * Normalises each image's groups of channels to mean 0 and variance 1, then
 * scales and shifts each channel. Needs no batch statistics, which would differ
 * between peers. Source: Wu and He, ECCV 2018, arXiv:1803.08494.
 *
 * What varies only by image and channel is folded into coefficients of shape
 * (n, groups, channels / groups, 1), so that few operators run over whole images.
 *
 * @param x - shape (n, channels, height, width)
 * @param gain - shape (channels)
 * @param bias - shape (channels)
 */
export function groupNorm(g: Graph, x: Value, gain: Value, bias: Value, groups: number): Value {
  const [n, channels, height, width] = x.shape as [number, number, number, number]
  if (x.shape.length !== 4 || channels % groups !== 0)
    throw new GraphError(`group norm of (${x.shape}) by ${groups} groups`)

  const perGroup = channels / groups
  const pixels = height * width
  const images = [n, groups, perGroup, pixels]
  const perChannel = (value: Value): Value => reshape(g, value, [1, groups, perGroup, 1])
  /** Mean over a group of what is summed over pixels already: shape (n, groups, perGroup, 1) to (n, groups, 1, 1). */
  const groupMean = (sums: Value): Value => mul(g, reduceSum(g, sums, GROUP), 1 / (perGroup * pixels))

  const { y, centred, inverseDeviation, scale } = g.unrecorded(() => {
    const grouped = reshape(g, x, images)
    const centred = sub(g, grouped, reduceMean(g, grouped, GROUP))
    const variance = reduceMean(g, mul(g, centred, centred), GROUP)
    const inverseDeviation = reciprocal(g, sqrt(g, add(g, variance, EPSILON)))
    const scale = mul(g, inverseDeviation, perChannel(gain))
    const y = reshape(g, add(g, mul(g, centred, scale), perChannel(bias)), x.shape)

    return { y, centred, inverseDeviation, scale }
  })

  const backward: Vjp = (cotangent) => {
    const { dy, dyByImage, dyCentred } = sumPixels(g, reshape(g, cotangent!, images), centred)

    // dx = scale dy - (mean(scale dy) + centred mean(scale dy centred) / variance), means over the group
    const shift = neg(g, groupMean(mul(g, dyByImage, scale)))
    const inverseVariance = mul(g, inverseDeviation, inverseDeviation)
    const slope = neg(g, mul(g, groupMean(mul(g, dyCentred, scale)), inverseVariance))
    const dx = add(g, mul(g, dy, scale), add(g, mul(g, centred, slope), shift))

    return [
      reshape(g, dx, x.shape),
      reshape(g, reduceSum(g, mul(g, dyCentred, inverseDeviation), { axes: [0] }), gain.shape),
      reshape(g, reduceSum(g, dyByImage, { axes: [0] }), bias.shape)
    ]
  }
  const squares: SquaredVjp = (passes) => {
    const sums = passes.map((cotangent) => sumPixels(g, reshape(g, cotangent, images), centred))
    const ofGain = sums.map(({ dyCentred }) => mul(g, dyCentred, inverseDeviation))
    const ofBias = sums.map(({ dyByImage }) => dyByImage)
    const overImages = (tensors: Value[]): Value => sumOverFirst(g, sumOfSquares(g, tensors))

    return [undefined, reshape(g, overImages(ofGain), gain.shape), reshape(g, overImages(ofBias), bias.shape)]
  }
  g.record([y], [x, gain, bias], backward, squares)

  return y
}

/** @returns sums over the pixels of each image and channel, shape (n, groups, perGroup, 1) */
function sumPixels(g: Graph, dy: Value, centred: Value): { dy: Value; dyByImage: Value; dyCentred: Value } {
  return { dy, dyByImage: reduceSum(g, dy, PIXELS), dyCentred: reduceSum(g, mul(g, dy, centred), PIXELS) }
}

/** Axes of (n, groups, channels of a group, pixels). */
const GROUP = { axes: [2, 3], keepDims: true } as const
const PIXELS = { axes: [3], keepDims: true } as const
