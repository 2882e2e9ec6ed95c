import { z } from 'zod'
import { CheckpointError } from '../interface/checkpoint-error.ts'
import type { LearnerState, StateVector } from '../interface/rest.ts'
import type { Trainer } from '../interface/trainer.ts'

/** Rounds are uint32 on the wire. */
export const roundNumber = z.int().min(0).max(0xffff_ffff)
/** Of steps, points, and the like. */
export const count = z.int().min(0)

/**
 * What the data of a state says.
 *
 * @throws {CheckpointError} ERR_CHECKPOINT_STATE when it is not of this form
 */
export function readData<T>(schema: z.ZodType<T>, { data }: LearnerState): T {
  const result = schema.safeParse(data)
  if (result.success) return result.data

  const { path, message } = result.error.issues[0]!
  throw new CheckpointError('ERR_CHECKPOINT_STATE', `state of a learner: ${path.join('.') || 'all of it'}: ${message}`)
}

/**
 * A vector of floats of a state; undefined where it has none of this name.
 *
 * @throws {CheckpointError} ERR_CHECKPOINT_DIM, ERR_CHECKPOINT_STATE
 */
export function floatsOf({ vectors }: LearnerState, name: string, length: number): Float32Array | undefined {
  const vector: StateVector | undefined = vectors[name]
  if (vector === undefined) return undefined
  if (!(vector instanceof Float32Array)) {
    throw new CheckpointError('ERR_CHECKPOINT_STATE', `state of a learner: "${name}" is not of floats`)
  }
  if (vector.length !== length) {
    const message = `"${name}" has ${vector.length} numbers, and the model of this job and data wants ${length}`
    throw new CheckpointError('ERR_CHECKPOINT_DIM', message, { length: vector.length, expected: length })
  }

  return vector
}

/** As {@link floatsOf}, of one that must be there. @throws {CheckpointError} */
export function neededFloats(state: LearnerState, name: string, length: number): Float32Array {
  const vector = floatsOf(state, name, length)
  if (vector === undefined) throw new CheckpointError('ERR_CHECKPOINT_STATE', `state of a learner: no "${name}"`)

  return vector
}

/**
 * An init that says how far an earlier life was, without what it held: a learner keeps its init for as long as it lives,
 * and the numbers of a model are many.
 */
export function withoutNumbers<I extends { resume?: LearnerState }>(init: I): I {
  const { resume } = init

  return resume === undefined ? init : { ...init, resume: { ...resume, vectors: {}, data: null } }
}

/** A live trainer's part of a learner's state. */
export interface TrainerPart {
  params: Float32Array
  optimiser: Float32Array
  optimiserSteps: number
}

/** @throws {CheckpointError} ERR_CHECKPOINT_DIM, ERR_CHECKPOINT_STATE */
export function readTrainer(state: LearnerState, optimiserSteps: number, trainer: Trainer): TrainerPart {
  return {
    params: neededFloats(state, 'params', trainer.layout.dim),
    optimiser: neededFloats(state, 'optimiser', trainer.state().optimiser.length),
    optimiserSteps
  }
}

export function restoreTrainer(trainer: Trainer, { params, optimiser, optimiserSteps }: TrainerPart): void {
  trainer.params.set(params)
  trainer.restore({ steps: optimiserSteps, optimiser })
}

/** What of a live trainer belongs into a learner's state: {@link readTrainer} reads it. */
export function trainerVectors(trainer: Trainer): { params: Float32Array; optimiser: Float32Array } {
  return { params: trainer.params, optimiser: trainer.state().optimiser }
}
