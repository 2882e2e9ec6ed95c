import { CheckpointError } from '../interface/checkpoint-error.ts'
import type { Layout, Params } from '../interface/params.ts'
import type { Checkpoint } from '../store/checkpoint/checkpoint.ts'
import { firstModel } from '../train/engine/first-model.ts'
import { splitLayout } from '../train/models/head.ts'
import { layoutOf, type Model } from '../train/models/model.ts'
import { createModel } from '../train/models/registry.ts'
import { type Job, resolveJob } from './job.ts'
import { startOf } from './job-start.ts'

/** A model as a checkpoint has it, all its tensors. */
export interface KeptModel {
  readonly job: Job
  readonly model: Model
  readonly layout: Layout
  /** Shape (layout.dim). */
  readonly params: Params
}

/**
 * The job that a checkpoint is of; a start file's place is not in it.
 *
 * @throws {CheckpointError} ERR_CHECKPOINT_STATE; {InvalidConfigError}
 */
export function jobOf({ origin }: Checkpoint): Job {
  let job: unknown
  try {
    job = JSON.parse(origin.job)
  } catch (cause) {
    throw new CheckpointError('ERR_CHECKPOINT_STATE', 'the job in the checkpoint is not JSON', {}, { cause })
  }
  const { starling: _, ...input } = (job ?? {}) as { starling?: number }

  return resolveJob(input, 'the checkpoint')
}

/**
 * What of its model a node trains.
 *
 * @returns shape (dim); only to be read
 * @throws {CheckpointError} ERR_CHECKPOINT_NONE when it has no model
 */
export function trainedOf({ state }: Checkpoint): Float32Array {
  const { params } = state.vectors
  if (params instanceof Float32Array) return params

  const message = 'no model in this checkpoint: its learner is given one only when it is to train'
  throw new CheckpointError('ERR_CHECKPOINT_NONE', message)
}

/** @throws {CheckpointError} ERR_CHECKPOINT_DIM */
export function checkLength({ length }: Float32Array, expected: number): void {
  if (length === expected) return

  const message = `a model of ${length} numbers, not ${expected}`
  throw new CheckpointError('ERR_CHECKPOINT_DIM', message, { length, expected })
}

/**
 * The model of a checkpoint, made without the job's data.
 *
 * @param job - the same job, for who has its file: it says where a start file is. @default what the checkpoint says
 * @throws {CheckpointError} ERR_CHECKPOINT_NONE when it has no model, ERR_CHECKPOINT_DIM; {WeightsError};
 *   {InvalidConfigError} when the frozen part is of a start file that is not said where
 */
export async function modelOf(checkpoint: Checkpoint, job = jobOf(checkpoint)): Promise<KeptModel> {
  const params = trainedOf(checkpoint)
  const model = createModel(job.model, checkpoint.origin.example)
  const { frozen, trained } = splitLayout(model, job.trainable)
  checkLength(params, trained.dim)
  const layout = layoutOf(model)
  if (frozen.dim === 0) return { job, model, layout, params }

  // frozen tensors come first, and are as they were at the start
  const whole = await firstModel({ seed: job.seed, start: startOf(job), stream: '' }, model)
  whole.set(params, frozen.dim)

  return { job, model, layout, params: whole }
}
