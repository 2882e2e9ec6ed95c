import type { CheckpointError } from '../interface/checkpoint-error.ts'
import type { Evaluation } from '../interface/trainer.ts'
import { VectorHeap } from '../math/vector-heap.ts'
import type { DeviceChoice } from '../train/engine/device.ts'
import { createEngine } from '../train/engine/engine.ts'
import { hashWeights } from '../train/weights-file.ts'
import { chooseCheckpoint } from './choose-checkpoint.ts'
import type { Job } from './job.ts'
import { checkLength, trainedOf } from './kept-model.ts'
import { openTrainer } from './training.ts'

export interface EvaluateModelInit {
  job: Job
  device: DeviceChoice
  /** A safetensors file with all of the model's tensors. */
  weights?: string | undefined
  /** Or this checkpoint. */
  checkpoint?: string | undefined
  /** Or the newest one in there. */
  dataDir: string
}

export interface EvaluatedModel extends Evaluation {
  /** Of the file that the model is in. */
  readonly path: string
  /** Null where a file of weights does not say. */
  readonly round: number | null
  /** Newer checkpoints that could not be read, and why. */
  readonly passed: readonly CheckpointError[]
}

/**
 * Accuracy and loss of a model on all of the job's test examples.
 *
 * @throws {CheckpointError} ERR_CHECKPOINT_*; {WeightsError} ERR_WEIGHTS_*; {CodedError} ERR_DATA_*,
 *   ERR_DEVICE_UNAVAILABLE and others of the engine
 */
export async function evaluateModel({ job, device, weights, ...choice }: EvaluateModelInit): Promise<EvaluatedModel> {
  if (weights !== undefined) {
    const start = { file: weights, sha256: await hashWeights(weights) }

    return { path: weights, round: null, passed: [], ...(await evaluate({ ...job, start }, device)) }
  }
  const { path, checkpoint, passed } = await chooseCheckpoint({ job, path: choice.checkpoint, dataDir: choice.dataDir })
  const { round } = checkpoint.state

  return { path, round, passed, ...(await evaluate(job, device, trainedOf(checkpoint))) }
}

/** @param params - in place of those that the job begins with */
async function evaluate(job: Job, device: DeviceChoice, params?: Float32Array): Promise<Evaluation> {
  const engine = await createEngine({ device })
  try {
    const trainer = await openTrainer(engine, { job, share: { kind: 'all' }, vectors: new VectorHeap() })
    if (params !== undefined) {
      checkLength(params, trainer.params.length)
      trainer.params.set(params)
    }

    return await trainer.evaluate()
  } finally {
    await engine.close()
  }
}
