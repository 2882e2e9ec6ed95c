import { CodedError, InvalidConfigError } from '../../interface/errors.ts'
import type { Layout, Params } from '../../interface/params.ts'
import type { AbortOptions } from '../../interface/startable.ts'
import type { EvaluateOptions, Evaluation, FisherOptions, RoundOptions, TrainReport } from '../../interface/trainer.ts'
import type { DataShape } from '../models/model.ts'
import type { Device } from './device.ts'
import { type Evaluate, EvaluationCache } from './evaluation-cache.ts'
import type { BatchDraw, DataCut, DataSlice, OpenTrainer } from './messages.ts'
import { PoolTrainer, type PoolTrainerHooks } from './pool-trainer.ts'
import { SlotQueue } from './slot-queue.ts'
import type { EngineTrainer } from './trainer.ts'

/** A swarm's current model, the ones before it and the ones on their way, at one or two limits each. */
const DEFAULT_KEPT_EVALUATIONS = 8

/** What each slot trains. */
export type SlotInit = Omit<OpenTrainer, 'indices' | 'slice' | 'stream' | 'relabel'>

export interface TrainerPoolInit extends SlotInit {
  /** How the training set is cut; needed by {@link TrainerPool.forSlice}. */
  readonly cut?: DataCut
  /**
   * Trainers that work at the same time, each in a thread of its own; on a
   * GPU, which has one owner, always one. Results do not depend on it.
   * @default 1
   */
  readonly slots?: number
  /** Results of evaluations to remember. @default 8 */
  readonly keptEvaluations?: number
}

export interface PoolTrainerOptions extends PoolTrainerHooks {
  /** Trains on these labels; other trainers of the pool, and the test set, keep the data's. */
  readonly relabel?: BatchDraw['relabel']
}

interface PoolParts {
  /** On all the data, at least one; the pool closes them. */
  readonly trainers: readonly EngineTrainer[]
  readonly cut: DataCut | undefined
  readonly keptEvaluations: number | undefined
}

/**
 * Few compiled trainers that serve any number of nodes: a node that does not
 * train costs a name. Calls wait for their turn in the order they were made.
 */
export class TrainerPool {
  readonly layout: Layout
  /** Where its steps run. */
  readonly device: Device
  /** Examples in the common test set. */
  readonly testCount: number
  /** What its model fits. */
  readonly example: DataShape
  readonly #slots: readonly EngineTrainer[]
  readonly #queue: SlotQueue<EngineTrainer>
  readonly #evaluations: EvaluationCache
  readonly #cut: DataCut | undefined
  /** Shape (nodes, classes); empty without a cut. */
  readonly #classCounts: Uint32Array
  #closing: Promise<void> | undefined

  private constructor({ trainers, cut, keptEvaluations }: PoolParts, classCounts: Uint32Array) {
    const [{ layout, device, testCount, example }] = trainers as [EngineTrainer]
    this.layout = layout
    this.device = device
    this.testCount = testCount
    this.example = example
    this.#slots = trainers
    this.#queue = new SlotQueue(trainers)
    this.#evaluations = new EvaluationCache(keptEvaluations ?? DEFAULT_KEPT_EVALUATIONS)
    this.#cut = cut
    this.#classCounts = classCounts
  }

  /** See `Engine.createTrainerPool`. */
  static async open(parts: PoolParts): Promise<TrainerPool> {
    const { cut, trainers } = parts

    return new TrainerPool(parts, cut === undefined ? new Uint32Array() : await trainers[0]!.countClasses(cut))
  }

  /** Calls that wait for a slot. */
  get waiting(): number {
    return this.#queue.waiting
  }

  /**
   * The trainer of the node that has part `index` of the cut.
   * @throws {InvalidConfigError} when there is no such part
   */
  forSlice(index: number, { relabel, ...hooks }: PoolTrainerOptions = {}): PoolTrainer {
    const cut = this.#cut
    if (cut === undefined || !Number.isInteger(index) || index < 0 || index >= cut.nodes) {
      throw new InvalidConfigError(`no slice ${index} of ${cut?.nodes ?? 0}`, { index })
    }

    return new PoolTrainer(this, { slice: { ...cut, index }, stream: `${index}`, relabel }, hooks)
  }

  /**
   * A trainer on all the data.
   * @param stream - with the seed and the round, decides the batches
   */
  single(stream = 'all', { relabel, ...hooks }: PoolTrainerOptions = {}): PoolTrainer {
    return new PoolTrainer(this, { stream, relabel }, hooks)
  }

  /** Training examples of each class among those of `slice`, all when absent. */
  classCountsOf(slice?: DataSlice): readonly number[] {
    const all = this.#slots[0]!.classCounts
    if (slice === undefined) return all

    return [...this.#classCounts.subarray(slice.index * all.length, (slice.index + 1) * all.length)]
  }

  /**
   * See {@link StatelessTrainer.initialise}.
   * @param draw - the node, where each has a first model of its own
   */
  async initialise(draw: BatchDraw, params: Params, options: AbortOptions = {}): Promise<void> {
    this.#checkLength(params)
    await this.#queue.run(async (slot) => {
      await slot.initialise(draw.stream)
      params.set(slot.params)
    }, options)
  }

  /** See {@link StatelessTrainer.train}; after a failure, `params` are as they were. */
  async train(draw: BatchDraw, params: Params, { round, signal, ...rest }: RoundOptions): Promise<TrainReport> {
    this.#checkLength(params)
    if (!Number.isInteger(round) || round < 0) throw new InvalidConfigError('a round is a whole number >= 0', { round })

    const options = signal === undefined ? {} : { signal }
    const ofRound = { ...draw, stream: `${draw.stream}:${round}` }
    return this.#queue.run(async (slot) => {
      slot.params.set(params)
      const report = await slot.trainAfresh({ ...rest, ...options, draw: ofRound })
      params.set(slot.params)

      return report
    }, options)
  }

  /** See {@link StatelessTrainer.evaluate}; answered from memory for a model that was evaluated lately. */
  async evaluate(params: Params, { limit, signal }: EvaluateOptions = {}): Promise<Evaluation> {
    this.#checkLength(params)
    if (this.#closing !== undefined) throw closed()

    const examples = Math.min(limit ?? this.testCount, this.testCount)
    return this.#evaluations.get({ params, examples }, this.#evaluate(examples), signal === undefined ? {} : { signal })
  }

  /** See {@link StatelessTrainer.fisher} and {@link EngineTrainer.fisher}. */
  async fisher(draw: BatchDraw, params: Params, out: Float32Array, options: FisherOptions): Promise<void> {
    this.#checkLength(params)
    await this.#queue.run((slot) => {
      slot.params.set(params)

      return slot.fisher(out, { ...options, draw })
    }, options)
  }

  /** Idempotent. Refuses the calls that wait, ends those in hand after their step, releases all. */
  close(): Promise<void> {
    this.#closing ??= this.#close()

    return this.#closing
  }

  async #close(): Promise<void> {
    this.#queue.end(closed())
    for (const slot of this.#slots) await slot.close()
  }

  #evaluate(limit: number): Evaluate {
    return (params, options) =>
      this.#queue.run((slot) => {
        slot.params.set(params())

        return slot.evaluate({ ...options, limit })
      }, options)
  }

  /** @throws {CodedError} ERR_PARAMS_DIM */
  #checkLength({ length }: Params): void {
    const { dim } = this.layout
    if (length !== dim) throw new CodedError('ERR_PARAMS_DIM', `params of this model have length ${dim}`, { length })
  }
}

function closed(): CodedError {
  return new CodedError('ERR_TRAINER_CLOSED', 'the pool of trainers is closed')
}
