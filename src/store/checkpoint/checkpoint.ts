import type { LearnerState } from '../../interface/rest.ts'

/** Of the data that a model is for. */
export interface ExampleShape {
  /** Of one example. */
  readonly shape: readonly number[]
  readonly type: 'float32' | 'int32'
  readonly classes: number
}

/** Who wrote a checkpoint, of what: enough to make the model of it without the job's file and data. */
export interface CheckpointOrigin {
  /** The canonical job, whose SHA-256 is the job's id. */
  readonly job: string
  readonly peer: string
  /** Version of the program. */
  readonly program: string
  readonly example: ExampleShape
}

/** What a node needs to go on where it was. */
export interface Checkpoint {
  readonly origin: CheckpointOrigin
  /** ISO 8601, by the clock on the wall. */
  readonly savedAt: string
  readonly state: LearnerState
}
