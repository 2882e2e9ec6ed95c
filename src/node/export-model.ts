import { CodedError, InvalidConfigError } from '../interface/errors.ts'
import { describeSystemError } from '../interface/system-error.ts'
import { writeWhole } from '../store/whole-file.ts'
import { compileForward, MAX_ONNX_BYTES } from '../train/compile-forward.ts'
import { dataBytes } from '../train/weights-header.ts'
import type { KeptModel } from './kept-model.ts'
import { writeWeights } from './weights.ts'

export const EXPORT_FORMATS = ['onnx', 'safetensors'] as const
export type ExportFormat = (typeof EXPORT_FORMATS)[number]

export interface ExportOptions {
  path: string
  format: ExportFormat
  /** ONNX only: examples that one run takes. */
  batchSize: number
}

/** Room for the graph beside the weights. */
const GRAPH_BYTES = 2 ** 24

/**
 * Writes a model to a file of its own, for other programs.
 *
 * @throws {WeightsError} ERR_WEIGHTS_NOT_FINITE, ERR_WEIGHTS_UNREADABLE; {CodedError} ERR_EXPORT_UNWRITABLE;
 *   {InvalidConfigError} for a model that is too large for the format
 */
export async function exportModel(kept: KeptModel, { path, format, batchSize }: ExportOptions): Promise<void> {
  const { model, layout, params } = kept
  if (format === 'safetensors') {
    await writeWeights(path, layout, params)
    return
  }
  if (dataBytes(layout) + GRAPH_BYTES > MAX_ONNX_BYTES) {
    throw new InvalidConfigError('--format onnx: a file of this kind holds 2 GB at most: export as safetensors')
  }
  const onnx = compileForward(model, params, { batchSize })
  try {
    await writeWhole(path, onnx, { isPublic: true })
  } catch (cause) {
    const isMissing = (cause as NodeJS.ErrnoException).code === 'ENOENT'
    const reason = isMissing ? 'there is no such folder: make it, or check the path' : describeSystemError(cause)
    throw new CodedError('ERR_EXPORT_UNWRITABLE', `${path}: ${reason}`, {}, { cause })
  }
}
