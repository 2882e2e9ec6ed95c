import { CodedError, InvalidConfigError } from '../../interface/errors.ts'
import { elementCount } from '../../interface/params.ts'
import type { TrainReport } from '../../interface/trainer.ts'
import { createRng } from '../../math/philox.ts'
import { compileEvaluate, compileStep } from '../compile.ts'
import type { DataSource, ExampleSet } from '../data/examples.ts'
import { partition } from '../data/partition.ts'
import { initParams } from '../models/init.ts'
import type { Model } from '../models/model.ts'
import { createModel } from '../models/registry.ts'
import type { StepProgram } from '../program.ts'
import { BatchSampler } from './batch-sampler.ts'
import type { BoundEvaluate, EvaluateExecutor, EvaluateResult } from './evaluate.ts'
import type { Executors, Loan } from './executors.ts'
import type { AttachVectors, OpenTrainer } from './messages.ts'
import type { BoundStep, StepExecutor } from './step.ts'

/** Numbers in one evaluation batch, at most: a larger one is no faster, and onnxruntime keeps its memory (LeNet: 28 MB for 64 images, 108 for 256). */
const EVALUATE_BATCH_ELEMENTS = 1 << 17
const MAX_EVALUATE_BATCH = 64

export interface HostedInit {
  readonly executors: Executors
  readonly source: DataSource
  readonly init: OpenTrainer
  readonly model: Model
  readonly program: StepProgram
  readonly step: Loan<StepExecutor>
}

interface Evaluator {
  readonly loan: Loan<EvaluateExecutor>
  readonly bound: BoundEvaluate
}

/** The worker's half of a trainer: its slice of the data, its batches, its graphs. */
export class HostedTrainer {
  readonly #init: HostedInit
  readonly #slice: Uint32Array
  readonly #sampler: BatchSampler
  #vectors: AttachVectors | undefined
  #step: BoundStep | undefined
  readonly #evaluators = new Map<number, Evaluator>()

  constructor(init: HostedInit) {
    const { seed, stream } = init.init
    this.#init = init
    this.#slice = sliceOf(init.source.train, init.init)
    this.#sampler = new BatchSampler(this.#slice, createRng(seed, `batches:${stream}`))
  }

  get exampleCount(): number {
    return this.#slice.length
  }

  /** Training examples of each class, shape (classes). */
  get classCounts(): number[] {
    const { labels, classes } = this.#init.source.train
    const counts = new Array<number>(classes).fill(0)
    for (const index of this.#slice) counts[labels[index]!]!++

    return counts
  }

  get testCount(): number {
    return this.#init.source.test.count
  }

  attach(vectors: AttachVectors): void {
    const { model, program, step, init } = this.#init
    if (vectors.initialise) initParams(model, program.layout, createRng(init.seed, 'init'), vectors.params)
    this.#vectors = vectors
    this.#step = step.executor.bind(vectors.params, vectors.state)
  }

  async train(request: { steps: number; learningRate: number; firstStep: number }): Promise<TrainReport> {
    const { batchSize } = this.#init.program
    const { abort } = this.#attached()
    let left = request.steps
    const fill = (): boolean => {
      this.#fillBatch()
      left--
      return left === 0 || Atomics.load(abort, 0) !== 0
    }

    const { learningRate, firstStep } = request
    const { steps, lossSum } = await this.#step!.run({ learningRate, firstStep, fill })

    return { steps, examples: steps * batchSize, loss: lossSum / steps }
  }

  /** Over the common test set. */
  async evaluate(limit?: number): Promise<EvaluateResult> {
    const { test } = this.#init.source
    const { testLimit = test.count, evaluateBatchSize } = this.#init.init
    const count = Math.min(testLimit, limit ?? test.count, test.count)
    const batchSize = evaluateBatchSize ?? defaultEvaluateBatch(test, this.#init.program.batchSize)

    return this.#evaluate(test, batchSize, count, (ordinal) => Math.floor((ordinal * test.count) / count))
  }

  /** Over training examples of this node's slice, by their place in it. */
  async loss(indices: Uint32Array): Promise<EvaluateResult> {
    const slice = this.#slice
    const { train } = this.#init.source

    return this.#evaluate(train, this.#init.program.batchSize, indices.length, (ordinal) => slice[indices[ordinal]!]!)
  }

  async release(): Promise<void> {
    const loans = [this.#init.step, ...[...this.#evaluators.values()].map(({ loan }) => loan)]
    this.#evaluators.clear()
    for (const loan of loans) await loan.release()
  }

  async #evaluate(
    set: ExampleSet,
    batchSize: number,
    count: number,
    indexOf: (ordinal: number) => number
  ): Promise<EvaluateResult> {
    const { abort } = this.#attached()
    const { bound, loan } = await this.#evaluator(batchSize)
    const fill = (ordinal: number, row: number): void => readExample(set, indexOf(ordinal), loan.executor, row)

    return bound.run({ count, fill, aborted: () => Atomics.load(abort, 0) !== 0 })
  }

  /** Compiled at first use: a node that never evaluates does not pay for it. */
  async #evaluator(batchSize: number): Promise<Evaluator> {
    let evaluator = this.#evaluators.get(batchSize)
    if (evaluator === undefined) {
      const { params } = this.#attached()
      const loan = await this.#init.executors.evaluate(compileEvaluate(this.#init.model, { batchSize }))
      evaluator = { loan, bound: loan.executor.bind(params) }
      this.#evaluators.set(batchSize, evaluator)
    }

    return evaluator
  }

  #fillBatch(): void {
    const { step, source, program } = this.#init
    for (let row = 0; row < program.batchSize; row++) {
      readExample(source.train, this.#sampler.next(), step.executor, row)
    }
  }

  #attached(): AttachVectors {
    if (this.#vectors === undefined) throw new CodedError('ERR_TRAINER_CLOSED', 'this trainer has no vectors')

    return this.#vectors
  }
}

function sliceOf(train: ExampleSet, { indices, slice, dataSeed }: OpenTrainer): Uint32Array {
  if (indices !== undefined) return indices
  if (slice === undefined) return Uint32Array.from({ length: train.count }, (_, index) => index)

  return partition(train.labels, train.classes, slice.partition, slice.nodes, dataSeed)[slice.index]!
}

function readExample(
  set: ExampleSet,
  index: number,
  { x, labels }: { x: Float32Array | Int32Array; labels: Int32Array },
  row: number
): void {
  set.readInto(index, x, row * elementCount(set.shape))
  set.readTargetInto(index, labels, row * elementCount(set.targetShape))
}

function defaultEvaluateBatch(set: ExampleSet, batchSize: number): number {
  // a token is one number here and many in the model
  if (set.type === 'int32') return batchSize

  const fitting = Math.floor(EVALUATE_BATCH_ELEMENTS / elementCount(set.shape))
  return Math.max(1, Math.min(MAX_EVALUATE_BATCH, fitting, set.count))
}

/** Compiles the model for the data. @throws {InvalidConfigError} when they do not fit, or the slice is not of the data */
export function compileFor(source: DataSource, init: OpenTrainer): { model: Model; program: StepProgram } {
  const { train, test } = source
  const { batchSize, evaluateBatchSize = 1, testLimit = 1, indices } = init
  for (const [name, value] of Object.entries({ batchSize, evaluateBatchSize, testLimit })) {
    if (!Number.isInteger(value) || value < 1) throw new InvalidConfigError(`${name} must be a whole number >= 1`)
  }
  if (indices?.length === 0 || train.count === 0) throw new InvalidConfigError('this node has no training examples')
  if (indices?.some((index) => index >= train.count)) {
    throw new InvalidConfigError(`an index is beyond the ${train.count} examples of ${train.name}`)
  }
  if (test.count === 0) throw new InvalidConfigError(`${test.name} has no test examples`)

  const model = createModel(init.model, { shape: train.shape, type: train.type, classes: train.classes })

  return { model, program: compileStep(model, { batchSize, optimiser: init.optimiser }) }
}
