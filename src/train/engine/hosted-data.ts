import { InvalidConfigError } from '../../interface/errors.ts'
import type { Params } from '../../interface/params.ts'
import type { FisherOptions } from '../../interface/trainer.ts'
import { createRng } from '../../math/philox.ts'
import { compileEvaluate, compileStep } from '../compile.ts'
import { compileFeatures } from '../compile-features.ts'
import { compileFisher } from '../compile-fisher.ts'
import type { DataSource, ExampleSet } from '../data/examples.ts'
import { partition } from '../data/partition.ts'
import { type Relabelling, relabelled } from '../data/relabel.ts'
import type { Model } from '../models/model.ts'
import { createModel } from '../models/registry.ts'
import type { EvaluateProgram, FeaturesProgram, FisherProgram, StepProgram } from '../program.ts'
import { type FirstModelInit, firstModel } from './first-model.ts'
import type { DataCut, DataSlice, OpenTrainer } from './messages.ts'

/** Larger ones are hardly faster, and take memory: a convolution's gradients are held image by image (ResNet-8: 240 MB more for 32 than for 8). */
const FISHER_BATCH = 16

/** A model that fits the data, and its training step. */
export interface CompiledModel {
  readonly model: Model
  readonly program: StepProgram
}

/**
 * A data set in the training thread, with all that its trainers have in
 * common: how it is cut, the programs, the first model. Each is worked out
 * once, which is what lets a process open a thousand trainers in seconds.
 */
export class HostedData {
  readonly source: DataSource
  readonly #seed: number
  readonly #cuts = new Map<string, readonly Uint32Array[]>()
  readonly #trainSets = new Map<string, ExampleSet>()
  readonly #models = new Map<string, CompiledModel>()
  readonly #evaluations = new Map<string, EvaluateProgram>()
  readonly #features = new Map<string, FeaturesProgram>()
  readonly #fishers = new Map<string, FisherProgram>()
  #all: Uint32Array | undefined
  #testOrder: readonly number[] | undefined
  /** Weak: many trainers opened in a row share it, and one large model alone does not keep a second copy. */
  #first: { readonly key: string; readonly params: WeakRef<Params> } | undefined

  constructor(source: DataSource, seed: number) {
    this.source = source
    this.#seed = seed
  }

  /** The training set with these labels, or its own. */
  trainSet(relabel: Relabelling | undefined): ExampleSet {
    return made(this.#trainSets, `${relabel}`, () => relabelled(this.source.train, relabel))
  }

  /** The indices of every training example, ascending. */
  all(): Uint32Array {
    this.#all ??= Uint32Array.from({ length: this.source.train.count }, (_, index) => index)

    return this.#all
  }

  /**
   * The test examples in an order of the job's own: evaluations of fewer than all take the first ones. Every k-th in the
   * set's order would do where that order means nothing, but glyphs come class after class, again and again.
   */
  testOrder(): readonly number[] {
    this.#testOrder ??= createRng(this.#seed, 'evaluation').shuffle(
      Array.from({ length: this.source.test.count }, (_, index) => index)
    )

    return this.#testOrder
  }

  /** One node's part of a cut, only to be read. @throws {InvalidConfigError} when there is no such part */
  slice({ index, ...cut }: DataSlice): Uint32Array {
    const slice = this.cut(cut)[index]
    if (slice === undefined) throw new InvalidConfigError(`no slice ${index} of ${cut.nodes}`, { index, ...cut })

    return slice
  }

  /** See {@link partition}. @returns for each of the nodes the indices of its examples, only to be read */
  cut({ partition: spec, nodes }: DataCut): readonly Uint32Array[] {
    const { labels, classes } = this.source.train

    return made(this.#cuts, `${nodes} ${spec}`, () => partition(labels, classes, spec, nodes, this.#seed))
  }

  /** Training examples of each class in each part of a cut, shape (nodes, classes). */
  countClasses(cut: DataCut): Uint32Array {
    const { labels, classes } = this.source.train
    const counts = new Uint32Array(cut.nodes * classes)
    for (const [node, slice] of this.cut(cut).entries()) {
      for (const index of slice) counts[node * classes + labels[index]!]!++
    }

    return counts
  }

  /** @throws {InvalidConfigError} when model and data do not fit each other */
  compile({
    model: spec,
    optimiser,
    batchSize,
    trainable
  }: Pick<OpenTrainer, 'model' | 'optimiser' | 'batchSize' | 'trainable'>): CompiledModel {
    const { shape, type, classes } = this.source.train

    return made(this.#models, JSON.stringify([spec, optimiser, batchSize, trainable]), () => {
      const model = createModel(spec, { shape, type, classes })

      return { model, program: compileStep(model, { batchSize, optimiser, trainable }) }
    })
  }

  compileEvaluate({ model: spec, trainable }: OpenTrainer, model: Model, batchSize: number): EvaluateProgram {
    return made(this.#evaluations, JSON.stringify([spec, batchSize, trainable]), () =>
      compileEvaluate(model, { batchSize, trainable })
    )
  }

  /** @throws {CodedError} ERR_HEAD_UNSUPPORTED */
  compileFeatures({ model: spec, trainable }: OpenTrainer, model: Model, batchSize: number): FeaturesProgram {
    return made(this.#features, JSON.stringify([spec, batchSize, trainable]), () =>
      compileFeatures(model, { batchSize, trainable })
    )
  }

  /** @throws {CodedError} ERR_FISHER_PASSES */
  compileFisher({ model: spec, trainable }: OpenTrainer, model: Model, labels: FisherOptions['labels']): FisherProgram {
    return made(this.#fishers, JSON.stringify([spec, labels, trainable]), () =>
      compileFisher(model, { batchSize: FISHER_BATCH, labels, trainable })
    )
  }

  /**
   * The first model, all tensors, only to be read: made once for all who begin alike.
   * @throws {WeightsError} ERR_WEIGHTS_*
   */
  async firstModel(init: FirstModelInit, { model }: CompiledModel): Promise<Params> {
    if (init.start === 'independent') return firstModel(init, model)

    const key = JSON.stringify([init.model, init.seed, init.start])
    const known = this.#first?.key === key ? this.#first.params.deref() : undefined
    if (known !== undefined) return known

    const params = await firstModel(init, model)
    this.#first = { key, params: new WeakRef(params) }

    return params
  }
}

function made<V>(known: Map<string, V>, key: string, make: () => V): V {
  let value = known.get(key)
  if (value === undefined) {
    value = make()
    known.set(key, value)
  }

  return value
}
