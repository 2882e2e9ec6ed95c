import { CodedError } from '../interface/errors.ts'
import type { Model } from './models/model.ts'
import type { FeaturesProgram } from './program.ts'
import { readPort, type TraceOptions, traceInputs } from './trace.ts'

/**
 * Compiles the model up to its output layer, forward only.
 *
 * @throws {CodedError} ERR_HEAD_UNSUPPORTED for models whose output layer is no affine map of one vector per example
 */
export function compileFeatures(model: Model, options: TraceOptions): FeaturesProgram {
  if (model.features === undefined) {
    throw new CodedError(
      'ERR_HEAD_UNSUPPORTED',
      `the model ${model.name} has no output layer over one vector per example: no features of it to look at`
    )
  }

  const { g, layout, paramValues, examples, ports } = traceInputs(model, options)
  const features = model.features(g, paramValues, examples)
  g.output('features', features)

  return {
    onnx: g.serialise(),
    ...ports,
    params: layout.tensors.map(readPort),
    features: { name: 'features', type: 'float32', shape: features.shape }
  }
}
