import { elementCount } from '../../../interface/params.ts'
import type { Graph, Value } from '../graph.ts'
import { GraphError } from '../shape.ts'
import { matMul } from './matmul.ts'
import { oneHot } from './one-hot.ts'
import { reshape } from './reshape.ts'

/**
 * Rows of a table by number.
 *
 * The derivative adds up rows by a product with one-hot rows: scattering would
 * be less work, but onnxruntime's ScatterND loses updates when threads meet on
 * one row (onnxruntime#18048).
 *
 * @param table - shape (vocabulary, width)
 * @param tokens - int32, shape (...), each below the vocabulary
 * @returns shape (..., width)
 */
export function embedding(g: Graph, table: Value, tokens: Value): Value {
  const [vocabulary, width] = table.shape
  if (table.shape.length !== 2 || vocabulary === undefined || width === undefined) {
    throw new GraphError(`embedding by a table of shape (${table.shape})`)
  }

  const y = g.emit('Gather', [table, tokens], [...tokens.shape, width], { axis: 0 })
  g.record([y], [table], (dy) => {
    const count = elementCount(tokens.shape)
    const rows = oneHot(g, reshape(g, tokens, [count]), vocabulary)

    return [matMul(g, rows, reshape(g, dy!, [count, width]), { transposeA: true })]
  })

  return y
}
