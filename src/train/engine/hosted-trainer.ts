import { CodedError, InvalidConfigError } from '../../interface/errors.ts'
import { elementCount, type Params } from '../../interface/params.ts'
import type { HeadProbe, TrainReport } from '../../interface/trainer.ts'
import { createRng } from '../../math/philox.ts'
import type { DataSource, ExampleSet } from '../data/examples.ts'
import { type DataShape, layoutOf } from '../models/model.ts'
import { BatchSampler } from './batch-sampler.ts'
import { BorrowedGraphs } from './borrowed-graphs.ts'
import { drawProbe } from './draw-probe.ts'
import { epochRngs } from './epochs.ts'
import { estimateFisher } from './estimate-fisher.ts'
import type { EvaluateResult } from './evaluate.ts'
import type { Executors, Loan } from './executors.ts'
import type { CompiledModel, HostedData } from './hosted-data.ts'
import type {
  AttachVectors,
  BatchDraw,
  DataCut,
  FisherRequest,
  OpenTrainer,
  TrainRequest,
  WholeModel
} from './messages.ts'
import type { BoundStep, StepExecutor } from './step.ts'

/** Numbers in one evaluation batch, at most: a larger one is no faster, and onnxruntime keeps its memory (LeNet: 28 MB for 64 images, 108 for 256). */
const EVALUATE_BATCH_ELEMENTS = 1 << 17
const MAX_EVALUATE_BATCH = 64

export interface HostedInit {
  readonly executors: Executors
  readonly data: HostedData
  readonly init: OpenTrainer
  /** Its training examples, see {@link sliceOf}; only read, and shared with others. */
  readonly slice: Uint32Array
  readonly compiled: CompiledModel
  readonly step: Loan<StepExecutor>
}

/** The worker's half of a trainer: its slice of the data, its batches, its graphs. */
export class HostedTrainer {
  readonly #init: HostedInit
  /** Made at the first step that needs it. */
  #sampler: BatchSampler | undefined
  #vectors: AttachVectors | undefined
  #step: BoundStep | undefined
  /** The first model, all tensors; kept only where some are frozen. */
  #first: Params | undefined
  readonly #graphs: BorrowedGraphs

  constructor(init: HostedInit) {
    this.#init = init
    this.#graphs = new BorrowedGraphs(init)
  }

  get exampleCount(): number {
    return this.#init.slice.length
  }

  /** Training examples of each class, shape (classes). */
  get classCounts(): number[] {
    const { labels, classes } = this.#init.data.source.train
    const counts = new Array<number>(classes).fill(0)
    for (const index of this.#init.slice) counts[labels[index]!]!++

    return counts
  }

  get testCount(): number {
    return this.#init.data.source.test.count
  }

  get example(): DataShape {
    const { shape, type, classes } = this.#init.data.source.train

    return { shape, type, classes }
  }

  /** See {@link HostedData.countClasses}. */
  countClasses(cut: DataCut): Uint32Array {
    return this.#init.data.countClasses(cut)
  }

  /** @throws {WeightsError} ERR_WEIGHTS_* */
  async attach(vectors: AttachVectors): Promise<void> {
    const { data, init, compiled, step } = this.#init
    this.#vectors = vectors
    if (compiled.program.frozenDim > 0) this.#first = await data.firstModel(init, compiled)
    if (vectors.initialise) await this.initialise()
    this.#step = step.executor.bind({ ...vectors, ...this.#frozen() })
  }

  /** Writes the first model into the params: that of the node called `stream`, where each has its own. */
  async initialise(stream = this.#init.init.stream): Promise<void> {
    const { data, init, compiled } = this.#init
    const { params } = this.#attached()
    const first = await data.firstModel({ ...init, stream }, compiled)
    params.set(first.subarray(compiled.program.frozenDim))
  }

  async train({ steps: wanted, learningRate, firstStep, draw }: TrainRequest): Promise<TrainReport> {
    const { batchSize } = this.#init.compiled.program
    const { abort } = this.#attached()
    const sampler = draw === undefined ? this.#ownSampler(firstStep) : this.#samplerOf(draw)
    const set = this.#init.data.trainSet((draw ?? this.#init.init).relabel)
    let left = wanted
    const fill = (): boolean => {
      this.#fillBatch(set, sampler)
      left--
      return left === 0 || Atomics.load(abort, 0) !== 0
    }

    const { steps, lossSum } = await this.#step!.run({ learningRate, firstStep, fill })

    return { steps, examples: steps * batchSize, loss: lossSum / steps }
  }

  /** Over the common test set. */
  async evaluate(limit?: number): Promise<EvaluateResult> {
    const { test } = this.#init.data.source
    const { testLimit = test.count, evaluateBatchSize } = this.#init.init
    const count = Math.min(testLimit, limit ?? test.count, test.count)
    const batchSize = evaluateBatchSize ?? defaultEvaluateBatch(test, this.#init.compiled.program.batchSize)

    const order = count < test.count ? this.#init.data.testOrder() : undefined

    return this.#evaluate(test, batchSize, count, (ordinal) => order?.[ordinal] ?? ordinal)
  }

  /** Over training examples of this node's slice, by their place in it. */
  async loss(indices: Uint32Array): Promise<EvaluateResult> {
    const slice = this.#init.slice
    const { compiled, data, init } = this.#init
    const set = data.trainSet(init.relabel)
    const indexOf = (ordinal: number): number => slice[indices[ordinal]!]!

    return this.#evaluate(set, compiled.program.batchSize, indices.length, indexOf)
  }

  /** See {@link Trainer.probe}; undefined when aborted. @throws {CodedError} ERR_HEAD_UNSUPPORTED */
  async probe(perClass: number): Promise<HeadProbe | undefined> {
    const { compiled, data, init, slice } = this.#init
    const { abort, params } = this.#attached()
    const set = data.trainSet(init.relabel)
    const { labels, classes } = set
    const drawn = drawProbe({ slice, labels, classes }, perClass, createRng(init.seed, `probe:${init.stream}`))
    const executor = await this.#graphs.features(defaultEvaluateBatch(set, compiled.program.batchSize))
    const features = await executor.run({
      ...{ params, ...this.#frozen() },
      count: drawn.length,
      fill: (ordinal, row) => set.readInto(drawn[ordinal]!, executor.x, row * elementCount(set.shape)),
      aborted: () => Atomics.load(abort, 0) !== 0
    })
    if (features === undefined) return undefined

    const width = features.length / drawn.length
    return { features, labels: Int32Array.from(drawn, (index) => labels[index]!), width, classes }
  }

  /** See {@link estimateFisher}. @throws {CodedError} ERR_FISHER_PASSES, ERR_FISHER_NOT_FINITE */
  async fisher({ draw, labels, ...options }: FisherRequest): Promise<Float32Array | undefined> {
    const { data, init, slice } = this.#init
    const { abort, params } = this.#attached()
    const executor = await this.#graphs.fisher(labels)
    const source = {
      ...{ params, ...this.#frozen(), set: data.source.train, seed: init.seed },
      slice: draw === undefined ? slice : this.#sliceOf(draw),
      stream: (draw ?? init).stream,
      aborted: () => Atomics.load(abort, 0) !== 0
    }

    return estimateFisher(executor, source, options)
  }

  /** The whole model, frozen tensors too; a copy. */
  whole(): WholeModel {
    const layout = layoutOf(this.#init.compiled.model)
    const params = new Float32Array(layout.dim)
    params.set(this.#frozen().frozen ?? [])
    params.set(this.#attached().params, this.#init.compiled.program.frozenDim)

    return { layout, params }
  }

  async release(): Promise<void> {
    await this.#init.step.release()
    await this.#graphs.release()
  }

  async #evaluate(
    set: ExampleSet,
    batchSize: number,
    count: number,
    indexOf: (ordinal: number) => number
  ): Promise<EvaluateResult> {
    const { abort, params } = this.#attached()
    const executor = await this.#graphs.evaluator(batchSize)
    const fill = (ordinal: number, row: number): void => readExample(set, indexOf(ordinal), executor, row)

    // bound for this call alone: cheap beside a batch, and a thousand trainers would keep thousands of tensors
    return executor
      .bind(params, this.#frozen().frozen)
      .run({ count, fill, aborted: () => Atomics.load(abort, 0) !== 0 })
  }

  #fillBatch(set: ExampleSet, sampler: BatchSampler): void {
    const { step, compiled } = this.#init
    for (let row = 0; row < compiled.program.batchSize; row++) {
      readExample(set, sampler.next(), step.executor, row)
    }
  }

  /** Where the steps before left it, in this life of the trainer or an earlier one. */
  #ownSampler(firstStep: number): BatchSampler {
    const { init, slice, compiled } = this.#init
    this.#sampler ??= new BatchSampler(slice, epochRngs(init.seed, `batches:${init.stream}`))
    this.#sampler.seek((firstStep - 1) * compiled.program.batchSize)

    return this.#sampler
  }

  #samplerOf(draw: BatchDraw): BatchSampler {
    return new BatchSampler(this.#sliceOf(draw), epochRngs(this.#init.init.seed, `batches:${draw.stream}`))
  }

  #sliceOf({ slice }: BatchDraw): Uint32Array {
    const { data } = this.#init

    return slice === undefined ? data.all() : data.slice(slice)
  }

  #frozen(): { frozen?: Params } {
    return this.#first === undefined ? {} : { frozen: this.#first.subarray(0, this.#init.compiled.program.frozenDim) }
  }

  #attached(): AttachVectors {
    if (this.#vectors === undefined) throw new CodedError('ERR_TRAINER_CLOSED', 'this trainer has no vectors')

    return this.#vectors
  }
}

/** @throws {InvalidConfigError} for a slice that cannot be */
export function sliceOf(data: HostedData, { indices, slice }: OpenTrainer): Uint32Array {
  if (indices !== undefined) return indices

  return slice === undefined ? data.all() : data.slice(slice)
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

/** @throws {InvalidConfigError} for numbers that cannot be, or examples that are not in the data */
export function checkInit({ train, test }: DataSource, init: OpenTrainer): void {
  const { batchSize, evaluateBatchSize = 1, testLimit = 1, indices, start, trainable } = init
  for (const [name, value] of Object.entries({ batchSize, evaluateBatchSize, testLimit })) {
    if (!Number.isInteger(value) || value < 1) throw new InvalidConfigError(`${name} must be a whole number >= 1`)
  }
  if (start === 'independent' && trainable === 'head') {
    throw new InvalidConfigError('trainable: head wants one extractor for all nodes: start common, or from a file')
  }
  if (indices?.length === 0 || train.count === 0) throw new InvalidConfigError('this node has no training examples')
  if (indices?.some((index) => index >= train.count)) {
    throw new InvalidConfigError(`an index is beyond the ${train.count} examples of ${train.name}`)
  }
  if (test.count === 0) throw new InvalidConfigError(`${test.name} has no test examples`)
}
