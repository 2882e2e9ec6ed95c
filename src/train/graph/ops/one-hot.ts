import type { Graph, Value } from '../graph.ts'
import { reshape } from './reshape.ts'

/**
 * Rows of a unit matrix: shape (...) of int32 to (..., classes) of float32; a
 * class out of range gives a row of zeros. By comparison: OneHot itself has
 * few of the type combinations.
 */
export function oneHot(g: Graph, labels: Value, classes: number): Value {
  const shape = [...labels.shape, classes]
  const column = reshape(g, labels, [...labels.shape, 1])

  return toFloat(g, g.emit('Equal', [column, g.iota(classes)], shape, {}, 'bool'))
}

const FLOAT = 1 // TensorProto.DataType

/** 1 where true, 0 where false. */
export function toFloat(g: Graph, mask: Value): Value {
  return g.emit('Cast', [mask], mask.shape, { to: FLOAT })
}
