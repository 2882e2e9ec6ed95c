import { CodedError } from '../../interface/errors.ts'
import type { Layout, Params } from '../../interface/params.ts'
import type {
  EvaluateOptions,
  Evaluation,
  FisherOptions,
  RoundOptions,
  StatelessTrainer,
  TrainReport
} from '../../interface/trainer.ts'
import type { DataShape } from '../models/model.ts'
import type { Device } from './device.ts'
import type { BatchDraw } from './messages.ts'
import type { TrainerPool } from './trainer-pool.ts'

export interface PoolTrainerHooks {
  /** Called once, when its calls have ended. */
  onClose?(): Promise<void>
}

/** One node's access to a pool: nothing but its share of the data, until it is called. */
export class PoolTrainer implements StatelessTrainer {
  readonly exampleCount: number
  readonly #pool: TrainerPool
  readonly #draw: BatchDraw
  readonly #hooks: PoolTrainerHooks
  /** Made at the first call: most nodes are rarely called. */
  #abort: AbortController | undefined
  #inFlight: Set<Promise<unknown>> | undefined
  #closing: Promise<void> | undefined

  constructor(pool: TrainerPool, draw: BatchDraw, hooks: PoolTrainerHooks) {
    this.#pool = pool
    this.#draw = draw
    this.#hooks = hooks
    this.exampleCount = this.classCounts.reduce((sum, count) => sum + count, 0)
  }

  get layout(): Layout {
    return this.#pool.layout
  }

  /** Where its steps run. */
  get device(): Device {
    return this.#pool.device
  }

  /** Training examples of each class among its own. */
  get classCounts(): readonly number[] {
    return this.#pool.classCountsOf(this.#draw.slice)
  }

  /** Examples in the common test set. */
  get testCount(): number {
    return this.#pool.testCount
  }

  /** What its model fits. */
  get example(): DataShape {
    return this.#pool.example
  }

  initialise(params: Params): Promise<void> {
    return this.#call(undefined, (options) => this.#pool.initialise(this.#draw, params, options))
  }

  train(params: Params, { signal, ...options }: RoundOptions): Promise<TrainReport> {
    return this.#call(signal, (abort) => this.#pool.train(this.#draw, params, { ...options, ...abort }))
  }

  /** The caller leaves `params` alone until the result is there. */
  evaluate(params: Params, { signal, ...options }: EvaluateOptions = {}): Promise<Evaluation> {
    return this.#call(signal, (abort) => this.#pool.evaluate(params, { ...options, ...abort }))
  }

  /** The caller leaves both alone until the promise settles. */
  fisher(params: Params, out: Float32Array, { signal, ...options }: FisherOptions): Promise<void> {
    return this.#call(signal, (abort) => this.#pool.fisher(this.#draw, params, out, { ...options, ...abort }))
  }

  /** Idempotent. Calls that wait are refused, those in hand end after their step or batch; the pool stays open. */
  close(): Promise<void> {
    this.#closing ??= this.#close()

    return this.#closing
  }

  async #close(): Promise<void> {
    this.#abort?.abort(closed())
    await Promise.allSettled(this.#inFlight ?? [])
    await this.#hooks.onClose?.()
  }

  async #call<T>(signal: AbortSignal | undefined, work: (options: { signal: AbortSignal }) => Promise<T>): Promise<T> {
    if (this.#closing !== undefined) throw closed()

    this.#abort ??= new AbortController()
    this.#inFlight ??= new Set()
    const own = this.#abort.signal
    const call = work({ signal: signal === undefined ? own : AbortSignal.any([signal, own]) })
    this.#inFlight.add(call)
    try {
      return await call
    } finally {
      this.#inFlight.delete(call)
    }
  }
}

function closed(): CodedError {
  return new CodedError('ERR_TRAINER_CLOSED', 'this trainer is closed')
}
