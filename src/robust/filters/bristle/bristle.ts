import type { HeadProbe } from '../../../interface/trainer.ts'
import type { VectorMath } from '../../../interface/vectors.ts'
import { createRng } from '../../../math/philox.ts'
import { AggregationError } from '../../errors.ts'
import type { IntegratingFilter, ReceivedModel, SenderScore } from '../filter.ts'
import { SenderMemory } from '../sender-memory.ts'
import { Columns } from './columns.ts'
import { f1Scores, predict } from './f1.ts'
import type { Head } from './head.ts'
import { integrateInto, type Rated } from './integrate.ts'
import { afterTest, type Opinion, untestable } from './opinion.ts'
import { type PrioritiseOptions, prioritise } from './prioritise.ts'
import { decodeBristle, encodeBristle } from './state.ts'
import { bestClasses, modelWeights } from './weights.ts'

export interface BristleInit extends PrioritiseOptions {
  readonly name: string
  readonly vectors: VectorMath
  readonly head: Head
  /** Most senders that it remembers. */
  readonly maxSenders: number
  readonly probePerClass: number
  /** Most classes of a model that are compared: those that it is best at. */
  readonly comparedClasses: number
  /** Decides, with the round, which models are tested: this node's own, or others could place theirs by it. */
  readonly seed: number
}

/** What this node tests models with. */
interface Bench {
  readonly probe: HeadProbe
  /** Classes that it has examples of, ascending. */
  readonly familiar: readonly number[]
  readonly isFamiliar: readonly boolean[]
}

/**
 * Merges output layers class by class, by how well each model knows the classes that this node can test.
 *
 * Of a training only the columns of familiar classes are kept, those that this node has examples of. Received models
 * are tested on own examples; for familiar classes each counts by its F1 there, for foreign ones by its F1 on all
 * classes compared: who is right about what can be checked is believed about the rest.
 *
 * Source: Verbraeken, de Vos and Pouwelse, "Bristle: Decentralized Federated Learning in Byzantine, Non-i.i.d.
 * Environments", arXiv:2110.11006, and its published code, with deviations: a bias, where the layer has one, is one more
 * row of each column; columns that nobody has trained yet are left out (see {@link Columns.touched}); classes to compare
 * are chosen among the familiar ones by id, where the code takes the first ids. What it can't tell: a model that is
 * right about familiar classes and lies about foreign ones.
 *
 * Memory: one model of `dim` floats, and a score for each of `maxSenders` senders.
 */
export class Bristle implements IntegratingFilter {
  readonly kind = 'integrating'
  readonly name: string
  readonly probePerClass: number
  readonly #init: BristleInit
  readonly #columns: Columns
  readonly #senders: SenderMemory<Opinion>
  #bench: Bench | undefined
  /** What every node began with, shape (dim). */
  #start: Float32Array | undefined

  constructor(init: BristleInit) {
    this.name = init.name
    this.probePerClass = init.probePerClass
    this.#init = init
    this.#columns = new Columns(init.head)
    this.#senders = new SenderMemory(init.maxSenders)
  }

  begin(probe: HeadProbe): void {
    const { width, classes } = this.#init.head
    const isEmpty = probe.labels.length === 0 // of a node without examples: it can test nobody, and so hears nobody
    if (!isEmpty && (probe.width !== width || probe.classes !== classes)) {
      throw new AggregationError('ERR_UPDATES_DIM', 'the examples are not for this output layer', {
        width: probe.width,
        classes: probe.classes
      })
    }
    const familiar = [...new Set(probe.labels)].sort((a, b) => a - b)
    const isFamiliar = Array.from({ length: classes }, (_, c) => familiar.includes(c))
    this.#bench = { probe, familiar, isFamiliar }
  }

  afterTraining(params: Float32Array, before: Float32Array): void {
    const { isFamiliar } = this.#begun()
    this.#start ??= before.slice()
    for (const [c, keeps] of isFamiliar.entries()) if (!keeps) this.#columns.copy(params, before, c)
  }

  integrateInto(round: number, params: Float32Array, models: readonly ReceivedModel[]): void {
    const { isFamiliar } = this.#begun()
    const own = this.#f1(params)
    const rated = this.#chosen(round, params, models).flatMap((model) => this.#rate(model, own))
    const ownTouched = this.#columns.touched(params, this.#start)
    integrateInto(params, this.#columns, rated, { isFamiliar, ownTouched })
  }

  scores(): SenderScore[] {
    return this.#senders
      .entries()
      .map(([sender, opinion]) => ({ sender, ...opinion }))
      .sort((a, b) => (a.sender < b.sender ? -1 : 1))
  }

  save(): Uint8Array {
    return encodeBristle({ ...this.#shape(), start: this.#start, senders: this.#senders.entries() })
  }

  restore(state: Uint8Array): void {
    const { start, senders } = decodeBristle(state, this.#shape())
    this.#start = start
    this.#senders.replace(senders)
  }

  #begun(): Bench {
    if (this.#bench === undefined) throw new Error('begin the filter with examples first')

    return this.#bench
  }

  #shape() {
    const { name, maxSenders, head } = this.#init

    return { name, maxSenders, dim: head.dim }
  }

  /** Models to test: of those that know a familiar class, what the prioritiser picks. */
  #chosen(round: number, params: Float32Array, models: readonly ReceivedModel[]): ReceivedModel[] {
    const { familiar } = this.#begun()
    const candidates = models.filter(({ sender, params: theirs }) => {
      const touched = this.#columns.touched(theirs, this.#start)
      const overlaps = familiar.some((c) => touched[c])
      if (!overlaps) this.#senders.set(sender, untestable(this.#senders.get(sender)))
      return overlaps
    })
    const distances = candidates.map((model) => this.#init.vectors.squaredDistance(model.params, params))
    const rng = createRng(this.#init.seed, `bristle:${round}`)

    return prioritise(distances, this.#init, rng).map((i) => candidates[i]!)
  }

  #rate({ sender, params }: ReceivedModel, own: Float64Array): Rated {
    const touched = this.#columns.touched(params, this.#start)
    const known = this.#begun().familiar.filter((c) => touched[c])
    const theirs = this.#f1(params)
    const weights = modelWeights(own, theirs, bestClasses(theirs, known, this.#init.comparedClasses))
    this.#senders.set(sender, afterTest(this.#senders.get(sender), weights, { own, theirs }))

    return { params, weights, touched }
  }

  #f1(params: Float32Array): Float64Array {
    const { probe } = this.#begun()

    return f1Scores(predict(this.#init.head, params, probe), probe.labels, this.#init.head.classes)
  }
}
