import type { AbortOptions } from '../interface/startable.ts'
import type { Trainer } from '../interface/trainer.ts'
import type { VectorMath } from '../interface/vectors.ts'
import { weightsFor } from '../merge/own-weight.ts'
import type { Merge } from '../merge/registry.ts'
import type { FisherVector, Update } from '../merge/update.ts'
import type { ReceivedModel } from '../robust/filters/filter.ts'
import type { Aggregator } from '../robust/registry.ts'
import type { LossMeter, MeasureOptions } from './loss-meter.ts'
import { mergedEvent } from './merged-event.ts'
import type { Rules } from './rules.ts'
import { ScoreWatch } from './score-watch.ts'
import type { UntimedEvent } from './untimed-event.ts'

export interface CombinerInit {
  vectors: VectorMath
  rules: Rules
  /** Whether the node's own model is one of a round's. Whoever aggregates for others has none. */
  hasOwn: boolean
  /** For rules that go by losses. */
  losses?: LossMeter
  emit: (event: UntimedEvent) => void
}

export interface CombineInput {
  round: number
  /**
   * Shape (dim): where the result goes. Before, the own model of the round; where there is none, the last result, which
   * it stays when the round falls back to it.
   */
  params: Float32Array
  /** What the own model counts as, in examples: 1, like every update's, where all models count alike. */
  examples: number
  /** Of the own model, for policies that need it. */
  fisher?: FisherVector | undefined
  /** What came in, all finite: decoders see to that. Only read. */
  updates: readonly Update[]
  /**
   * Peers that an update was expected from: when none came of some, a robust rule has been asked for in vain.
   * @default 0
   */
  expected?: number
}

/** Of a combiner, for a checkpoint. */
export interface CombinerMemory {
  /** The last result. */
  readonly merged?: Float32Array
  /** What the training of the round in hand began with. */
  readonly start?: Float32Array
}

/**
 * Makes one model of a round's, in this order: the filter says which updates may count, or merges them itself; then the
 * robust rule, the merge policy, or the mean combines them.
 */
export class Combiner {
  readonly #init: CombinerInit
  readonly #watch: ScoreWatch
  /** The last result, for rules that start from it. */
  #last: Float32Array | undefined
  /** What the training of this round began with, for filters. */
  #start: { params: Float32Array; isCurrent: boolean } | undefined

  constructor(init: CombinerInit) {
    this.#init = init
    this.#watch = new ScoreWatch(init)
  }

  /** Before the first round, of a node that trains. */
  async begin(trainer: Pick<Trainer, 'probe'>, options: AbortOptions): Promise<void> {
    const { filter } = this.#init.rules
    if (filter?.kind === 'integrating') filter.begin(await trainer.probe(filter.probePerClass, options))
  }

  /** A training begins with `params`, shape (dim). Copied, where the filter wants to know. */
  beforeTraining(params: Float32Array): void {
    if (this.#init.rules.filter === undefined) return

    this.#start ??= { params: this.#init.vectors.allocate(params.length), isCurrent: false }
    this.#start.params.set(params)
    this.#start.isCurrent = true
  }

  /** It has ended with `params`, which the filter may write. */
  afterTraining(params: Float32Array): void {
    const { filter } = this.#init.rules
    if (filter?.kind === 'integrating' && this.#start?.isCurrent) filter.afterTraining(params, this.#start.params)
  }

  /**
   * Writes to `params`. The updates must stay as they are until it settles.
   *
   * @returns false when there were too few updates, or nothing finite came of them, and `params` are as they were
   */
  async combineInto(input: CombineInput, options: AbortOptions = {}): Promise<boolean> {
    const isCombined = await this.#checked(input, () => this.#combine(input, options))
    // also where nothing was combined: what the round ends with is what the next one starts from
    this.#last?.set(input.params)

    return isCombined
  }

  /** What is remembered from one step of a round to the next, or from a round to the next; live, shape (dim) each. */
  get memory(): CombinerMemory {
    const start = this.#start?.isCurrent === true ? this.#start.params : undefined

    return {
      ...(this.#last === undefined ? {} : { merged: this.#last }),
      ...(start === undefined ? {} : { start })
    }
  }

  /** Before anything else. */
  restore({ merged, start }: CombinerMemory): void {
    const { vectors, rules } = this.#init
    if (merged !== undefined && rules.robust?.needsStart === true && this.#init.hasOwn) {
      this.#last = vectors.allocate(merged.length)
      this.#last.set(merged)
    }
    if (start !== undefined) this.beforeTraining(start)
  }

  /** Reports what was kept back of the filter's conclusions, and gives the memory back. Idempotent. */
  close(): void {
    const { vectors } = this.#init
    this.#watch.close()
    if (this.#last !== undefined) vectors.free(this.#last)
    if (this.#start !== undefined) vectors.free(this.#start.params)
    this.#last = undefined
    this.#start = undefined
  }

  /** Finite models can be so large that a rule's sums are not. Whoever sent on what is not finite would be shut out. */
  async #checked({ round, params, updates }: CombineInput, combine: () => Promise<boolean>): Promise<boolean> {
    const { vectors, emit } = this.#init
    if (updates.length === 0) return await combine()

    const before = vectors.allocate(params.length)
    before.set(params)
    try {
      const isCombined = await combine()
      if (!isCombined || vectors.allFinite(params)) return isCombined
      params.set(before)
      emit({ event: 'merge:overflowed', round, have: updates.length + this.#ownCount })
      return false
    } finally {
      vectors.free(before)
    }
  }

  async #combine(input: CombineInput, options: AbortOptions): Promise<boolean> {
    const { filter, robust, merge } = this.#init.rules
    if (filter?.kind === 'integrating') {
      filter.integrateInto(input.round, input.params, input.updates.map(received))
      this.#watch.look(input.round, filter.scores())
      return true
    }
    const updates = this.#screen(input)
    if (updates.length === 0) {
      this.#tellOfNone(input)
      return false
    }
    if (robust !== undefined) return await this.#aggregate(robust, { ...input, updates }, options)
    if (merge !== undefined) this.#merge(merge, { ...input, updates })
    else this.#mean({ ...input, updates })

    return true
  }

  get #ownCount(): number {
    return this.#init.hasOwn ? 1 : 0
  }

  /** A rule that nobody's model reached protects nobody; no news where nobody was there. */
  #tellOfNone({ round, updates, expected = 0 }: CombineInput): void {
    const { rules, emit } = this.#init
    if (rules.robust === undefined || updates.length + expected === 0) return

    const have = this.#ownCount
    const needed = Math.max(rules.robust.minUpdates, have + 1)
    emit({ event: 'merge:fell-back', round, have, needed, fallback: 'keep' })
  }

  #screen({ round, params, updates }: CombineInput): readonly Update[] {
    const { rules, hasOwn } = this.#init
    const { filter } = rules
    const trained = this.#start?.isCurrent ? this.#start.params : undefined
    if (this.#start !== undefined) this.#start.isCurrent = false
    if (filter?.kind !== 'screening' || updates.length === 0) return updates

    const input = hasOwn ? { start: trained, own: params } : { start: params }
    const admitted = filter.screen({ round, models: updates.map(received), ...input })
    if (input.start !== undefined) this.#watch.look(round, filter.scores())

    return admitted.map((i) => updates[i]!)
  }

  async #aggregate(robust: Aggregator, input: CombineInput, options: AbortOptions): Promise<boolean> {
    const { rules, hasOwn, emit } = this.#init
    const { fallback = 'keep' } = rules
    const { round, params } = input
    const models = this.#models(input)
    if (models.length < robust.minUpdates) {
      emit({ event: 'merge:fell-back', round, have: models.length, needed: robust.minUpdates, fallback })
      if (fallback === 'mean') this.#mean(input)
      return fallback === 'mean'
    }
    const call = { ...(hasOwn ? { own: 0 } : {}), ...this.#startOf(robust, params) }
    const losses = await this.#lossesFor(robust, models, call, { round, ...options })
    robust.aggregateInto(params, models, { ...call, ...losses })

    return true
  }

  /** Without an own model, the last result is where the next one goes. */
  #startOf({ needsStart }: Aggregator, params: Float32Array): { start?: Float32Array } {
    if (!needsStart) return {}
    if (!this.#init.hasOwn) return { start: params }
    if (this.#last === undefined) {
      this.#last = this.#init.vectors.allocate(params.length)
      this.#last.set(params)
    }

    return { start: this.#last }
  }

  async #lossesFor(
    robust: Aggregator,
    models: readonly Float32Array[],
    call: { own?: number; start?: Float32Array },
    options: MeasureOptions
  ): Promise<{ losses?: readonly (number | undefined)[] }> {
    const { losses } = this.#init
    if (!robust.needsLosses || losses === undefined) return {}

    return { losses: await losses.measure(models, robust.candidates(models, call), options) }
  }

  #merge(merge: Merge, { round, params, examples, fisher, updates }: CombineInput): void {
    const { hasOwn, emit } = this.#init
    const fishers = {
      ...(fisher === undefined ? {} : { own: fisher }),
      updates: updates.flatMap((update) => update.fisher ?? [])
    }
    const report = merge.mergeInto({ params, examples, updates, hasOwn, round, fisher: fishers })
    const event = mergedEvent(merge.name, round, report)
    if (event !== undefined) emit(event)
  }

  #mean(input: CombineInput): void {
    const { vectors, hasOwn } = this.#init
    vectors.weightedSumInto(input.params, this.#models(input), weightsFor({ ...input, hasOwn }))
  }

  /** The own model first, where there is one. */
  #models({ params, updates }: CombineInput): Float32Array[] {
    return [...(this.#init.hasOwn ? [params] : []), ...updates.map((update) => update.params)]
  }
}

const received = ({ peer, params, round }: Update): ReceivedModel => ({ sender: peer, params, round })
