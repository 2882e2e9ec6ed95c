import type { Graph, Value } from '../graph.ts'
import { GraphError, sameShape } from '../shape.ts'
import { add, mul } from './elementwise.ts'
import { matMul } from './matmul.ts'
import { reduceSum } from './reduce.ts'
import { softmax, softmaxVjp } from './softmax.ts'

/** Added to the scores of positions that must not be seen; its exponential is 0, and it stays finite in float32. */
const HIDDEN_SCORE = -1e9

/**
 * Causal scaled dot-product attention: softmax(q k^T / sqrt(width) + mask) v,
 * where position i sees positions 0 .. i.
 *
 * Source: Vaswani et al., 2017, arXiv:1706.03762. The backward pass takes the
 * row sums of softmax's derivative from the output, which is smaller than the
 * scores (Dao et al., 2022, arXiv:2205.14135, section B.2).
 *
 * @param q, k, v - shape (heads, length, width); every sequence of a batch has heads of its own
 * @returns shape (heads, length, width)
 */
export function causalAttention(g: Graph, q: Value, k: Value, v: Value): Value {
  const [, length, width] = q.shape
  if (q.shape.length !== 3 || !sameShape(q.shape, k.shape) || !sameShape(q.shape, v.shape)) {
    throw new GraphError(`attention of (${q.shape}), (${k.shape}) and (${v.shape})`)
  }

  const scale = 1 / Math.sqrt(width!)
  const { y, weights } = g.unrecorded(() => {
    const scores = mul(g, matMul(g, q, k, { transposeB: true }), scale)
    const weights = softmax(g, add(g, scores, causalMask(g, length!)))

    return { y: matMul(g, weights, v), weights }
  })
  g.record([y], [q, k, v], (dy) => {
    const inner = reduceSum(g, mul(g, dy!, y), { axes: [-1], keepDims: true })
    const dWeights = matMul(g, dy!, v, { transposeB: true })
    const dScores = mul(g, softmaxVjp(g, weights, dWeights, inner), scale)

    return [
      matMul(g, dScores, k),
      matMul(g, dScores, q, { transposeA: true }),
      matMul(g, weights, dy!, { transposeA: true })
    ]
  })

  return y
}

/** 0 where column <= row, else a score that hides; shape (length, length). */
function causalMask(g: Graph, length: number): Value {
  return g.constant('causal mask', [length, length], (out) => {
    for (let row = 0; row < length; row++) out.fill(HIDDEN_SCORE, row * length + row + 1, (row + 1) * length)
  })
}
