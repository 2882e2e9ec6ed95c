import { CodedError } from '../interface/errors.ts'
import type { Layout, Params } from '../interface/params.ts'
import type { AbortOptions } from '../interface/startable.ts'
import type {
  EvaluateOptions,
  Evaluation,
  FisherOptions,
  HeadProbe,
  RoundOptions,
  StatelessTrainer,
  Trainer,
  TrainerState,
  TrainOptions,
  TrainReport
} from '../interface/trainer.ts'
import type { SimHost } from './host.ts'

export interface VirtualTrainerInit<T> {
  trainer: T
  host: SimHost
  /** Virtual milliseconds for one optimiser step on an ordinary machine. */
  stepMs: number
  /** Examples in a step. @default 32 */
  batchSize?: number
}

const DEFAULT_BATCH_SIZE = 32
/** Of a step's time: the backward pass takes about twice as long as the forward one. */
const FORWARD_SHARE = 1 / 3

/**
 * A trainer whose steps take virtual time. It has params of its own, which are
 * copied to and from the real trainer's: so an aborted call leaves no trace of
 * how far the real work had come. Aborted real work runs to its end all the
 * same, so that neither the optimiser's state nor the batches to come depend
 * on real time.
 */
export class VirtualTrainer implements Trainer {
  readonly params: Params
  readonly #trainer: Trainer
  readonly #host: SimHost
  readonly #stepMs: number
  /** Virtual time of a step's work on one example. */
  readonly #exampleMs: number
  #isBusy = false
  /** Real calls that have not settled: one, and more when calls were aborted. */
  #unsettled = 0

  /** @param params - memory for the params, shape (dim): a vector that merging is fast on, say */
  constructor(
    { trainer, host, stepMs, batchSize = DEFAULT_BATCH_SIZE }: VirtualTrainerInit<Trainer>,
    params: Params = new Float32Array(trainer.params.length)
  ) {
    params.set(trainer.params)
    this.params = params
    this.#trainer = trainer
    this.#host = host
    this.#stepMs = stepMs
    this.#exampleMs = stepMs / batchSize
  }

  get layout(): Layout {
    return this.#trainer.layout
  }

  get exampleCount(): number {
    return this.#trainer.exampleCount
  }

  async train(steps: number, { learningRate, signal }: TrainOptions): Promise<TrainReport> {
    const report = await this.#call(steps * this.#stepMs, () => this.#trainer.train(steps, { learningRate }), signal)
    this.params.set(this.#trainer.params)

    return report
  }

  evaluate({ signal, ...options }: EvaluateOptions = {}): Promise<Evaluation> {
    return this.#call(0, () => this.#trainer.evaluate(options), signal)
  }

  loss(indices: readonly number[], { signal }: AbortOptions = {}): Promise<number> {
    const virtualMs = FORWARD_SHARE * this.#exampleMs * indices.length

    return this.#call(virtualMs, () => this.#trainer.loss(indices), signal)
  }

  /** As if each example took one backward pass: exact labels of many classes take more in truth. */
  async fisher(out: Float32Array, { signal, ...options }: FisherOptions): Promise<void> {
    const estimate = async (): Promise<Float32Array> => {
      const fisher = new Float32Array(out.length)
      await this.#trainer.fisher(fisher, options)

      return fisher
    }
    out.set(await this.#call(this.#exampleMs * options.examples, estimate, signal))
  }

  probe(perClass: number, { signal }: AbortOptions = {}): Promise<HeadProbe> {
    return this.#call(0, () => this.#trainer.probe(perClass), signal)
  }

  state(): TrainerState {
    return this.#trainer.state()
  }

  restore(state: TrainerState): void {
    this.#trainer.restore(state)
  }

  /** In real time: not within a run whose events wait for it. */
  close(): Promise<void> {
    return this.#trainer.close()
  }

  async #call<T>(virtualMs: number, work: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    if (this.#isBusy) throw new CodedError('ERR_TRAINER_BUSY', 'one call at a time')

    this.#isBusy = true
    try {
      return await this.#host.compute(virtualMs, this.#onParams(work), withSignal(signal))
    } finally {
      this.#isBusy = false
    }
  }

  /** The work, on the params as they are now: the caller of an aborted call may write them before the work begins. */
  #onParams<T>(work: () => Promise<T>): () => Promise<T> {
    const now = this.#unsettled === 0 ? this.params : new Float32Array(this.params)
    this.#unsettled++

    return async () => {
      this.#trainer.params.set(now)
      try {
        return await work()
      } finally {
        this.#unsettled--
      }
    }
  }
}

/**
 * A stateless trainer whose steps take virtual time. Trains on a copy, which
 * replaces the caller's params when the virtual time is over: an aborted call
 * leaves them as they were, and reports nothing.
 */
export class VirtualStatelessTrainer implements StatelessTrainer {
  readonly #trainer: StatelessTrainer
  readonly #host: SimHost
  readonly #stepMs: number
  readonly #exampleMs: number

  constructor({ trainer, host, stepMs, batchSize = DEFAULT_BATCH_SIZE }: VirtualTrainerInit<StatelessTrainer>) {
    this.#trainer = trainer
    this.#host = host
    this.#stepMs = stepMs
    this.#exampleMs = stepMs / batchSize
  }

  get layout(): Layout {
    return this.#trainer.layout
  }

  get exampleCount(): number {
    return this.#trainer.exampleCount
  }

  async initialise(params: Params): Promise<void> {
    const copy = await this.#host.compute(0, async () => {
      const copy = new Float32Array(params.length)
      await this.#trainer.initialise(copy)

      return copy
    })
    params.set(copy)
  }

  async train(params: Params, { signal, ...options }: RoundOptions): Promise<TrainReport> {
    const real = new AbortController()
    const work = async (): Promise<{ copy: Params; report: TrainReport }> => {
      real.signal.throwIfAborted()
      const copy = new Float32Array(params)

      return { copy, report: await this.#trainer.train(copy, { ...options, signal: real.signal }) }
    }
    try {
      const { copy, report } = await this.#host.compute(options.steps * this.#stepMs, work, withSignal(signal))
      params.set(copy)

      return report
    } catch (error) {
      real.abort(error)
      throw error
    }
  }

  evaluate(params: Params, { signal, ...options }: EvaluateOptions = {}): Promise<Evaluation> {
    return this.#host.compute(0, () => this.#trainer.evaluate(params, options), withSignal(signal))
  }

  /** As {@link VirtualTrainer.fisher}. */
  async fisher(params: Params, out: Float32Array, { signal, ...options }: FisherOptions): Promise<void> {
    const estimate = async (): Promise<Float32Array> => {
      const fisher = new Float32Array(out.length)
      await this.#trainer.fisher(new Float32Array(params), fisher, options)

      return fisher
    }
    out.set(await this.#host.compute(this.#exampleMs * options.examples, estimate, withSignal(signal)))
  }

  /** In real time: not within a run whose events wait for it. */
  close(): Promise<void> {
    return this.#trainer.close()
  }
}

function withSignal(signal: AbortSignal | undefined): AbortOptions {
  return signal === undefined ? {} : { signal }
}
