import { CodedError } from '../interface/errors.ts'
import type { Layout, Params } from '../interface/params.ts'
import { describeSystemError } from '../interface/system-error.ts'
import { writeWhole } from '../store/whole-file.ts'
import type { EngineTrainer } from '../train/engine/trainer.ts'
import { encodeWeights } from '../train/weights-file.ts'
import { WeightsError } from '../train/weights-header.ts'

/**
 * Writes a model as a safetensors file, whole or not at all, also through a crash.
 *
 * @throws {WeightsError} ERR_WEIGHTS_NOT_FINITE; ERR_WEIGHTS_UNREADABLE when the file can't be written
 */
export async function writeWeights(path: string, layout: Layout, params: Params): Promise<void> {
  const parts = encodeWeights(layout, params)
  try {
    await writeWhole(path, parts, { isPublic: true })
  } catch (cause) {
    if (cause instanceof CodedError) throw cause
    throw new WeightsError(
      'ERR_WEIGHTS_UNREADABLE',
      `${path}: ${describeSystemError(cause, 'directory')}`,
      {},
      { cause }
    )
  }
}

/**
 * Writes a trainer's live model to a safetensors file that others can start from: all tensors, those that are frozen too.
 *
 * @throws {WeightsError} ERR_WEIGHTS_NOT_FINITE, ERR_WEIGHTS_UNREADABLE
 */
export async function saveWeights(path: string, trainer: EngineTrainer): Promise<void> {
  const { layout, params } = await trainer.whole()
  await writeWeights(path, layout, params)
}
