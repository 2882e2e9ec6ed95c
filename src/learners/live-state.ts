import { z } from 'zod'
import type { LearnerState } from '../interface/rest.ts'
import type { Trainer } from '../interface/trainer.ts'
import type { CombinerMemory } from './combiner.ts'
import { count, floatsOf, readData, readTrainer, type TrainerPart, trainerVectors } from './earlier-life.ts'
import { type InHand, inHandSchema } from './local-training.ts'

/** What a learner that keeps a model and trains it on goes on from. */
export interface LiveState {
  readonly round: number
  readonly steps: number
  readonly elapsedMs: number
  readonly trainer: TrainerPart
  readonly inHand: InHand
  /** Points of the curve that are done. */
  readonly evaluated: number
  readonly memory: CombinerMemory
}

const schema = z.strictObject({ optimiserSteps: count, inHand: inHandSchema, evaluated: count })

export function liveState(trainer: Trainer, standing: Omit<LiveState, 'trainer'>): LearnerState {
  const { round, steps, elapsedMs, inHand, evaluated, memory } = standing

  return {
    round,
    steps,
    elapsedMs,
    vectors: { ...trainerVectors(trainer), ...memory },
    data: { optimiserSteps: trainer.state().steps, inHand: { ...inHand }, evaluated }
  }
}

/**
 * Undoes {@link liveState}.
 *
 * @throws {CheckpointError} ERR_CHECKPOINT_DIM, ERR_CHECKPOINT_STATE
 */
export function readLiveState(state: LearnerState, trainer: Trainer): LiveState {
  const { optimiserSteps, inHand, evaluated } = readData(schema, state)
  const { dim } = trainer.layout
  const [merged, start] = [floatsOf(state, 'merged', dim), floatsOf(state, 'start', dim)]

  return {
    round: state.round,
    steps: state.steps,
    elapsedMs: state.elapsedMs,
    trainer: readTrainer(state, optimiserSteps, trainer),
    inHand,
    evaluated,
    memory: { ...(merged === undefined ? {} : { merged }), ...(start === undefined ? {} : { start }) }
  }
}
