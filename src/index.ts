/** The public API: what a program that embeds Starling, or extends it, builds on. */
export type { Clock } from './interface/clock.ts'
export { CodedError, type ErrorDetails, InvalidConfigError, RejectedError, type Verdict } from './interface/errors.ts'
export type { EventSink, LearnerEvent } from './interface/events.ts'
export type {
  MessageHandler,
  ModelRef,
  Network,
  NetworkEvents,
  Peer,
  RequestHandler,
  Traffic,
  Unsubscribe
} from './interface/network.ts'
export {
  createLayout,
  elementCount,
  type Layout,
  type Params,
  type TensorKind,
  type TensorSpec
} from './interface/params.ts'
export type { Rng } from './interface/rng.ts'
export type { AbortOptions, Startable } from './interface/startable.ts'
export type { Evaluation, Trainer, TrainOptions, TrainReport } from './interface/trainer.ts'
export { type Wait, WaitRegister, type WaitSpec, WaitTimeoutError } from './interface/waits.ts'
export { createRng } from './math/philox.ts'
