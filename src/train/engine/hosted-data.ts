import { InvalidConfigError } from '../../interface/errors.ts'
import type { Params } from '../../interface/params.ts'
import { createRng } from '../../math/philox.ts'
import { compileEvaluate, compileStep } from '../compile.ts'
import type { DataSource, ExampleSet } from '../data/examples.ts'
import { partition } from '../data/partition.ts'
import { type Relabelling, relabelled } from '../data/relabel.ts'
import { initParams } from '../models/init.ts'
import type { Model } from '../models/model.ts'
import { createModel } from '../models/registry.ts'
import type { EvaluateProgram, StepProgram } from '../program.ts'
import type { DataCut, DataSlice, OpenTrainer } from './messages.ts'

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
    batchSize
  }: Pick<OpenTrainer, 'model' | 'optimiser' | 'batchSize'>): CompiledModel {
    const { shape, type, classes } = this.source.train

    return made(this.#models, JSON.stringify([spec, optimiser, batchSize]), () => {
      const model = createModel(spec, { shape, type, classes })

      return { model, program: compileStep(model, { batchSize, optimiser }) }
    })
  }

  compileEvaluate(spec: OpenTrainer['model'], model: Model, batchSize: number): EvaluateProgram {
    return made(this.#evaluations, JSON.stringify([spec, batchSize]), () => compileEvaluate(model, { batchSize }))
  }

  /** Writes the first model of `init.seed` into `out`, shape (dim). */
  initialise({ model: spec, seed }: Pick<OpenTrainer, 'model' | 'seed'>, compiled: CompiledModel, out: Params): void {
    const key = JSON.stringify([spec, seed])
    const known = this.#first?.key === key ? this.#first.params.deref() : undefined
    if (known !== undefined) {
      out.set(known)
      return
    }

    initParams(compiled.model, compiled.program.layout, createRng(seed, 'init'), out)
    this.#first = { key, params: new WeakRef(out.slice()) }
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
