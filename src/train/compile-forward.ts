import { elementCount, type Params } from '../interface/params.ts'
import { Graph, type Value } from './graph/graph.ts'
import { softmax } from './graph/ops/softmax.ts'
import { GraphError } from './graph/shape.ts'
import { layoutOf, type Model } from './models/model.ts'

export interface CompileForwardOptions {
  /** Examples in one run: shapes are static. */
  batchSize: number
}

/** Bytes of a protobuf message, at most. */
export const MAX_ONNX_BYTES = 2 ** 31 - 1

/**
 * Compiles a trained model for others to use: its forward pass with its weights in it, as an ONNX file. From `x`, shape
 * (batchSize, ...example shape), scaled as for training, come `logits` and `probabilities`, shape (batchSize, ...target
 * shape, classes).
 *
 * @param params - all tensors of the model, shape (dim); only read
 */
export function compileForward(model: Model, params: Params, { batchSize }: CompileForwardOptions): Uint8Array {
  const g = new Graph()
  const weights = new Map(
    layoutOf(model).tensors.map(({ name, shape, offset }): [string, Value] => {
      // a plain copy: what is written out must not lie in shared memory
      const data = new Float32Array(params.subarray(offset, offset + elementCount(shape)))

      return [name, g.parameter(name, shape, data)]
    })
  )
  const x = g.input('x', model.exampleType, [batchSize, ...model.exampleShape])
  const logits = model.forward(
    g,
    (name) => {
      const value = weights.get(name)
      if (value === undefined) throw new GraphError(`the model has no tensor "${name}"`)

      return value
    },
    x
  )
  g.output('logits', logits)
  g.output('probabilities', softmax(g, logits))

  return g.serialise()
}
