import { CodedError, type ErrorDetails, InvalidConfigError } from '../../interface/errors.ts'
import type { Layout, Params } from '../../interface/params.ts'
import type { FisherOptions, HeadProbe, TrainReport } from '../../interface/trainer.ts'
import type { Relabelling } from '../data/relabel.ts'
import type { OptimiserSpec } from '../graph/optimisers/registry.ts'
import type { Trainable } from '../models/head.ts'
import type { DataShape } from '../models/model.ts'
import type { ModelSpec } from '../models/registry.ts'
import type { Device } from './device.ts'
import type { EvaluateResult } from './evaluate.ts'
import type { Start } from './first-model.ts'

/** Given to the thread when it starts. */
export interface WorkerSetup {
  /** Devices to choose from by time; a single one is not timed. */
  readonly candidates: readonly Device[]
  /** Tried when no candidate works. */
  readonly fallback?: Device
  readonly threads: number
  readonly spin: boolean
}

/** Names a trainer within its engine. */
export type TrainerId = number

/** A part of the training set, by the way it is cut. */
export interface DataSlice {
  readonly partition: string
  readonly nodes: number
  /** 0 to nodes - 1. */
  readonly index: number
}

/** How a training set is cut into parts, with the data's seed. */
export type DataCut = Omit<DataSlice, 'index'>

/** Which examples a call trains on, and in which order, in place of the trainer's own. */
export interface BatchDraw {
  /** All when absent. */
  readonly slice?: DataSlice
  /** With the seed, decides the order. */
  readonly stream: string
  /** Its own labels when absent. */
  readonly relabel?: Relabelling | undefined
}

export interface OpenTrainer {
  readonly model: ModelSpec
  readonly optimiser: OptimiserSpec
  readonly data: string
  readonly dataSeed: number
  /** This node's training examples; all when absent. */
  readonly indices?: Uint32Array
  /** Or: one of the parts that the training set is cut into, with `dataSeed`. */
  readonly slice?: DataSlice
  readonly batchSize: number
  readonly evaluateBatchSize?: number
  /** At most this many test examples, spread evenly over the test set; all when absent. */
  readonly testLimit?: number
  readonly seed: number
  /** What the params begin with. @default 'common' */
  readonly start?: Start | undefined
  /** @default 'all' */
  readonly trainable?: Trainable | undefined
  /** Tells this node's order of examples from other nodes'. */
  readonly stream: string
  /** Trains on these labels in place of the data's; the test set keeps its own. */
  readonly relabel?: Relabelling | undefined
}

export interface OpenedTrainer {
  readonly trainer: TrainerId
  readonly device: Device
  readonly layout: Layout
  readonly stateDim: number
  readonly exampleCount: number
  /** Training examples of each class. */
  readonly classCounts: readonly number[]
  readonly testCount: number
  /** What its model fits. */
  readonly example: DataShape
}

/** Shared memory that both threads see: the model's vectors and the abort flag. */
export interface AttachVectors {
  readonly trainer: TrainerId
  readonly params: Float32Array
  readonly state: Float32Array
  /** Shape (1): not 0 asks the call in hand to stop. */
  readonly abort: Int32Array
  /** Draw initial params. */
  readonly initialise: boolean
}

export interface TrainRequest {
  readonly trainer: TrainerId
  readonly steps: number
  readonly learningRate: number
  /** 1 for the first step of the optimiser's life. */
  readonly firstStep: number
  /** Batches of this call alone; the trainer's own go on when absent. */
  readonly draw?: BatchDraw
}

export interface FisherRequest extends Omit<FisherOptions, 'signal'> {
  readonly trainer: TrainerId
  /** Whose examples; the trainer's own when absent. */
  readonly draw?: BatchDraw | undefined
}

/** A model with all its tensors, trained or not. */
export interface WholeModel {
  readonly layout: Layout
  /** Shape (layout.dim). */
  readonly params: Params
}

export interface Measurement {
  readonly device: Device
  readonly stepsPerSecond: number
  /** From nothing to a compiled graph that has run once. */
  readonly startMs: number
}

/** Every request to the worker, with what it takes and what it answers. */
export interface Calls {
  open: { takes: OpenTrainer; gives: OpenedTrainer }
  attach: { takes: AttachVectors; gives: undefined }
  /** Writes the first model, that of the node called `stream` where each has its own. */
  initialise: { takes: { trainer: TrainerId; stream?: string | undefined }; gives: undefined }
  /** Training examples of each class in each part of a cut, shape (nodes, classes). */
  countClasses: { takes: { trainer: TrainerId; cut: DataCut }; gives: Uint32Array }
  train: { takes: TrainRequest; gives: TrainReport }
  evaluate: { takes: { trainer: TrainerId; limit?: number }; gives: EvaluateResult }
  loss: { takes: { trainer: TrainerId; indices: Uint32Array }; gives: EvaluateResult }
  /** Undefined when aborted. */
  probe: { takes: { trainer: TrainerId; perClass: number }; gives: HeadProbe | undefined }
  /** Shape (dim); undefined when aborted. */
  fisher: { takes: FisherRequest; gives: Float32Array | undefined }
  /** The whole model, frozen tensors too; a copy. */
  whole: { takes: { trainer: TrainerId }; gives: WholeModel }
  /** Trains the default MLP on noise for about so long: what this machine can do, without anybody's data. */
  measure: { takes: { seconds: number }; gives: Measurement }
  release: { takes: { trainer: TrainerId }; gives: undefined }
  shutdown: { takes: undefined; gives: undefined }
}

export type CallName = keyof Calls

export interface Call<N extends CallName = CallName> {
  readonly id: number
  readonly name: N
  readonly takes: Calls[N]['takes']
}

export type Answer =
  | { readonly id: number; readonly ok: true; readonly gives: unknown }
  | { readonly id: number; readonly ok: false; readonly error: PortableError }

/** An error that crosses threads with its code: a structured clone would lose it. */
export interface PortableError {
  readonly name: string
  readonly message: string
  readonly code: string
  readonly details: ErrorDetails
}

/** Errors without a code of ours come from onnxruntime: ERR_ENGINE_FAILED. */
export function toPortable(error: unknown): PortableError {
  if (error instanceof CodedError) {
    const { name, message, code, details } = error
    return { name, message, code, details }
  }

  return {
    name: 'CodedError',
    message: error instanceof Error ? error.message : String(error),
    code: 'ERR_ENGINE_FAILED',
    details: {}
  }
}

export function fromPortable({ message, code, details }: PortableError): CodedError {
  return code === 'ERR_CONFIG_INVALID'
    ? new InvalidConfigError(message, details)
    : new CodedError(code, message, details)
}
