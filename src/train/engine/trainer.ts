import { CodedError, InvalidConfigError } from '../../interface/errors.ts'
import type { Layout, Params } from '../../interface/params.ts'
import type { AbortOptions } from '../../interface/startable.ts'
import type {
  EvaluateOptions,
  Evaluation,
  FisherOptions,
  HeadProbe,
  Trainer,
  TrainerState,
  TrainOptions,
  TrainReport
} from '../../interface/trainer.ts'
import type { DataShape } from '../models/model.ts'
import type { Device } from './device.ts'
import { checkFisher } from './estimate-fisher.ts'
import type { EvaluateResult } from './evaluate.ts'
import type { AttachVectors, BatchDraw, DataCut, OpenedTrainer, OpenTrainer, WholeModel } from './messages.ts'
import type { WorkerLink } from './worker-link.ts'

/** What a trainer trains, on what, from where. */
export interface TrainerInit extends OpenTrainer {
  /**
   * The live vector, on shared memory and of the model's length; or makes it
   * once the length is known, in a `VectorHeap` say. Memory of its own when absent.
   */
  readonly params?: Params | ((dim: number) => Params)
  /** Write the first model into the params, as `start` says. @default true unless `params` is a vector */
  readonly initialise?: boolean
}

export interface TrainerHooks {
  /** Called once. */
  onClose(): void
}

export interface DrawnTrainOptions extends TrainOptions {
  steps: number
  draw: BatchDraw
}

export interface DrawnFisherOptions extends FisherOptions {
  /** Whose examples; this trainer's own when absent. */
  draw?: BatchDraw
}

const IDLE = 0
const STOP = 1

/** A trainer whose work is done in the engine's thread, on vectors that both threads see. */
export class EngineTrainer implements Trainer {
  readonly layout: Layout
  readonly exampleCount: number
  /** Training examples of each class, in this node's slice. */
  readonly classCounts: readonly number[]
  /** Examples in the common test set. */
  readonly testCount: number
  /** What its model fits. */
  readonly example: DataShape
  readonly params: Params
  /** Where its steps run. */
  readonly device: Device
  readonly #link: WorkerLink
  readonly #vectors: AttachVectors
  readonly #onClose: () => void
  #stepsDone = 0
  #busy = false
  #closing: Promise<void> | undefined

  private constructor(link: WorkerLink, opened: OpenedTrainer, vectors: AttachVectors, { onClose }: TrainerHooks) {
    this.layout = opened.layout
    this.exampleCount = opened.exampleCount
    this.classCounts = opened.classCounts
    this.testCount = opened.testCount
    this.example = opened.example
    this.device = opened.device
    this.params = vectors.params
    this.#link = link
    this.#vectors = vectors
    this.#onClose = onClose
  }

  /** See `Engine.createTrainer`. */
  static async open(
    link: WorkerLink,
    { params, initialise, ...init }: TrainerInit,
    hooks: TrainerHooks
  ): Promise<EngineTrainer> {
    const opened = await link.call('open', init)
    const { trainer, layout, stateDim } = opened
    try {
      const vectors: AttachVectors = {
        trainer,
        params: sharedParams(params, layout.dim),
        state: sharedFloats(stateDim),
        abort: new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)),
        initialise: initialise ?? !(params instanceof Float32Array)
      }
      await link.call('attach', vectors)

      return new EngineTrainer(link, opened, vectors, hooks)
    } catch (error) {
      await link.call('release', { trainer }).catch(() => undefined) // the first failure is the one to report
      throw error
    }
  }

  /** Optimiser steps in the life of this trainer, those before a {@link restore} included. */
  get stepsDone(): number {
    return this.#stepsDone
  }

  /** The optimiser's state has shape (stateDim), and is zero at first. */
  state(): TrainerState {
    return { steps: this.#stepsDone, optimiser: this.#vectors.state }
  }

  restore({ steps, optimiser }: TrainerState): void {
    const { state } = this.#vectors
    if (optimiser.length !== state.length) {
      const details = { length: optimiser.length, stateDim: state.length }
      throw new CodedError('ERR_PARAMS_DIM', `the optimiser's state has length ${state.length} here`, details)
    }
    if (optimiser !== state) state.set(optimiser)
    this.#stepsDone = steps
  }

  /** An abort takes effect after the step in hand; the report says how many were done. */
  async train(steps: number, { learningRate, signal }: TrainOptions): Promise<TrainReport> {
    checkSteps(steps)

    const firstStep = this.#stepsDone + 1
    const report = await this.#exclusive(signal, (trainer) =>
      this.#link.call('train', { trainer, steps, learningRate, firstStep })
    )
    this.#stepsDone += report.steps

    return report
  }

  /**
   * Trains the live params with the optimiser at its start, on the batches of
   * this call alone: the result depends on them, params and step size only.
   * {@link stepsDone} and the trainer's own batches stay where they are.
   */
  async trainAfresh({ steps, learningRate, draw, signal }: DrawnTrainOptions): Promise<TrainReport> {
    checkSteps(steps)

    return this.#exclusive(signal, (trainer) => {
      this.#vectors.state.fill(0)

      return this.#link.call('train', { trainer, steps, learningRate, firstStep: 1, draw })
    })
  }

  /**
   * Writes the first model into the live params, whatever they were.
   * @param stream - where each node has a first model of its own, whose; this trainer's when absent
   */
  async initialise(stream?: string): Promise<void> {
    await this.#exclusive(undefined, (trainer) => this.#link.call('initialise', { trainer, stream }))
  }

  /** Training examples of each class in each part of a cut of the data, shape (nodes, classes). */
  countClasses(cut: DataCut): Promise<Uint32Array> {
    return this.#link.call('countClasses', { trainer: this.#vectors.trainer, cut })
  }

  /** @throws the signal's reason, between two batches */
  async evaluate({ signal, limit }: EvaluateOptions = {}): Promise<Evaluation> {
    const result = await this.#exclusive(signal, (trainer) =>
      this.#link.call('evaluate', { trainer, ...(limit === undefined ? {} : { limit }) })
    )
    this.#throwIfStopped(signal)

    return { accuracy: result.correct / result.examples, ...mean(result) }
  }

  /** @throws {CodedError} ERR_EXAMPLE_UNKNOWN; the signal's reason, between two batches */
  async loss(indices: readonly number[], { signal }: AbortOptions = {}): Promise<number> {
    const unknown = indices.find((index) => !Number.isInteger(index) || index < 0 || index >= this.exampleCount)
    if (unknown !== undefined || indices.length === 0) {
      throw new CodedError('ERR_EXAMPLE_UNKNOWN', `wants examples 0 to ${this.exampleCount - 1}, at least one`)
    }

    const takes = Uint32Array.from(indices)
    const result = await this.#exclusive(signal, (trainer) => this.#link.call('loss', { trainer, indices: takes }))
    this.#throwIfStopped(signal)

    return mean(result).loss
  }

  /**
   * See {@link Trainer.probe}: class after class, the same examples in every call. The labels are those trained on.
   *
   * @throws {CodedError} ERR_HEAD_UNSUPPORTED; {InvalidConfigError}; the signal's reason, between two batches
   */
  async probe(perClass: number, { signal }: AbortOptions = {}): Promise<HeadProbe> {
    if (!Number.isInteger(perClass) || perClass < 1) {
      throw new InvalidConfigError(`probe(${perClass}): a whole number >= 1`)
    }

    const probe = await this.#exclusive(signal, (trainer) => this.#link.call('probe', { trainer, perClass }))
    this.#throwIfStopped(signal)

    return probe!
  }

  /**
   * See {@link Trainer.fisher}; `out` is written when all is done. For sequences, the mean over positions, each
   * predicted from the true tokens before it; sampled labels only.
   *
   * Cost: sampled, about a training step on as many examples (gpt: on one example at a time); exact, a forward pass
   * and as many backward passes as there are classes, of which dense layers share the largest product.
   *
   * @throws {CodedError} ERR_PARAMS_DIM, ERR_FISHER_PASSES, ERR_FISHER_NOT_FINITE; {InvalidConfigError}; the signal's
   *   reason, between two runs
   */
  async fisher(out: Float32Array, { signal, ...options }: DrawnFisherOptions): Promise<void> {
    checkLength(out, this.layout)
    checkFisher(options)

    const fisher = await this.#exclusive(signal, (trainer) => this.#link.call('fisher', { trainer, ...options }))
    this.#throwIfStopped(signal)
    out.set(fisher!)
  }

  /** The live model with all its tensors, those that are frozen too; a copy. */
  whole(): Promise<WholeModel> {
    return this.#exclusive(undefined, (trainer) => this.#link.call('whole', { trainer }))
  }

  /** Idempotent; ends the call in flight after its step or batch. */
  close(): Promise<void> {
    this.#closing ??= this.#close()

    return this.#closing
  }

  async #close(): Promise<void> {
    this.#onClose()
    this.interrupt()
    try {
      await this.#link.call('release', { trainer: this.#vectors.trainer })
    } catch (error) {
      // with its engine gone, there is nothing left to release
      if (!(error instanceof CodedError) || !error.code.startsWith('ERR_ENGINE_')) throw error
    }
  }

  /** Asks the call in flight, if any, to stop after its step or batch. */
  interrupt(): void {
    Atomics.store(this.#vectors.abort, 0, STOP)
  }

  /** A mean over part of the examples is no answer. */
  #throwIfStopped(signal: AbortSignal | undefined): void {
    signal?.throwIfAborted()
    if (this.#closing !== undefined) throw new CodedError('ERR_TRAINER_CLOSED', 'this trainer was closed meanwhile')
  }

  async #exclusive<T>(signal: AbortSignal | undefined, call: (trainer: number) => Promise<T>): Promise<T> {
    if (this.#closing !== undefined) throw new CodedError('ERR_TRAINER_CLOSED', 'this trainer is closed')
    if (this.#busy) throw new CodedError('ERR_TRAINER_BUSY', 'this trainer has a call in flight')
    signal?.throwIfAborted()

    const onAbort = (): void => this.interrupt()
    signal?.addEventListener('abort', onAbort, { once: true })
    this.#busy = true
    Atomics.store(this.#vectors.abort, 0, IDLE)
    try {
      return await call(this.#vectors.trainer)
    } finally {
      this.#busy = false
      signal?.removeEventListener('abort', onAbort)
    }
  }
}

function checkSteps(steps: number): void {
  if (!Number.isInteger(steps) || steps < 1) throw new InvalidConfigError(`train(${steps}): a whole number >= 1`)
}

function mean({ lossSum, examples }: EvaluateResult): { loss: number; examples: number } {
  return { loss: lossSum / examples, examples }
}

function sharedFloats(length: number): Float32Array {
  return new Float32Array(new SharedArrayBuffer(length * Float32Array.BYTES_PER_ELEMENT))
}

/** @throws {CodedError} ERR_PARAMS_DIM; {InvalidConfigError} for memory that the thread could not see */
function sharedParams(params: TrainerInit['params'], dim: number): Params {
  const vector = typeof params === 'function' ? params(dim) : (params ?? sharedFloats(dim))
  checkLength(vector, { dim })
  if (!(vector.buffer instanceof SharedArrayBuffer)) throw new InvalidConfigError('params must lie on shared memory')

  return vector
}

/** @throws {CodedError} ERR_PARAMS_DIM */
function checkLength({ length }: Float32Array, { dim }: Pick<Layout, 'dim'>): void {
  if (length !== dim) throw new CodedError('ERR_PARAMS_DIM', `params of this model have length ${dim}`, { dim, length })
}
