import type { Peer } from '../../interface/network.ts'
import type { AbortOptions } from '../../interface/startable.ts'
import { encodeModel } from '../../wire/model-codec.ts'
import type { ModelNotice, NoticeAnswer } from '../../wire/notice-codec.ts'
import { pointsDue, progressOf } from '../budget.ts'
import { isBug } from '../bug.ts'
import { Combiner } from '../combiner.ts'
import type { Offering } from '../offering.ts'
import { type Parcel, parcelOf } from '../parcel.ts'
import { Distribution } from './distribution.ts'
import { Gathering, ONE_EACH, type Quorum } from './gathering.ts'
import { offerModel } from './offer-model.ts'
import { RUSH } from './participant.ts'
import type { HeldModel } from './parts.ts'
import type { RoundContext } from './round-context.ts'

export interface AggregatorInit {
  context: RoundContext
  /** The newest model of the swarm that this node has. */
  held: () => HeldModel | undefined
  /** This node is in the sample of a round that it has aggregated. */
  adoptOwn: (model: HeldModel, params: Float32Array) => void
  /** The round is in the hands of its sample. */
  onClosed: (round: number) => void
  /** The budget is spent: this is the swarm's model. */
  onFinal: (model: HeldModel, options: AbortOptions) => Promise<void>
}

/** Merges the models of rounds whose turn it is here, and hands the result to the next sample. */
export class Aggregator {
  readonly #init: AggregatorInit
  readonly #combiner: Combiner
  #gathering: Gathering | undefined
  #distribution: Distribution | undefined
  #completed = 0
  #offered: { round: number; offering: Offering } | undefined

  constructor(init: AggregatorInit) {
    const { vectors, init: options, emit } = init.context
    this.#init = init
    this.#combiner = new Combiner({ vectors, rules: options.rules ?? {}, hasOwn: false, emit })
  }

  /** A participant has trained a model for this round. */
  onTrained(from: Peer, { round, ref }: ModelNotice): NoticeAnswer {
    const { members, tasks } = this.#init.context
    const gathering = round - 1 > members.plausibleRound(RUSH) ? undefined : this.#gatheringOf(round)
    if (gathering?.admit(from) === true) {
      tasks.spawn((signal) => gathering.fetch(from, ref, signal), { signal: gathering.overtaken.signal })
    }

    return { taken: gathering?.has(from) === true, round: members.round }
  }

  /** This node's own model, when it is participant and aggregator in one. Copied. */
  onOwn(round: number, { params, fisher }: Parcel): void {
    const { self } = this.#init.context
    const gathering = this.#gatheringOf(round)
    if (gathering?.admit(self) !== true) return

    try {
      gathering.add(self, this.#copy(parcelOf(params, fisher)))
    } catch (error) {
      if (isBug(error)) throw error
      gathering.fail(self) // no room now; it is handed in again as long as nobody has aggregated it
    }
  }

  #copy({ params, fisher }: Parcel): Parcel {
    const { post } = this.#init.context
    const copy = post.borrow()
    copy.set(params)
    if (fisher === undefined) return { params: copy }
    try {
      const copied = post.borrow()
      copied.set(fisher)

      return { params: copy, fisher: copied }
    } catch (error) {
      post.release(copy)
      throw error
    }
  }

  /** A member of the sample has the aggregate. @returns whether it is ours */
  onFetched(from: Peer, round: number): boolean {
    if (this.#distribution?.round !== round) return false
    this.#distribution.onFetched(from)

    return true
  }

  /** Starts a round from a model of an earlier one, when everybody who has come further is gone. */
  async restart(round: number, params: Float32Array, options: AbortOptions): Promise<void> {
    if (round <= this.#completed) return
    this.#completed = round
    this.#init.context.members.observe(round)
    await this.#distribute(this.#offer(round, params), params, options)
  }

  /** A model that everybody has moved on from need not be on offer. */
  prune(round: number): void {
    if (this.#offered !== undefined && this.#offered.round < round - 1) this.#withdraw()
  }

  close(): void {
    this.#withdraw()
    this.#gathering?.close()
    this.#gathering = undefined
    this.#combiner.close()
  }

  /** The gathering of a round that is still to be aggregated; that of an earlier one ends. */
  #gatheringOf(round: number): Gathering | undefined {
    const { context } = this.#init
    const current = this.#gathering?.round ?? 0
    if (round <= this.#completed || context.isSettled(round)) return undefined
    if (round === current) return this.#gathering
    if (this.#gathering !== undefined && !this.#gives(current, round)) return undefined

    this.#gathering?.close()
    const gathering = new Gathering({ context, round })
    this.#gathering = gathering
    context.tasks.spawn((signal) => this.#gather(gathering, signal), { signal: gathering.overtaken.signal })

    return gathering
  }

  /**
   * Whether the gathering of round `current` ends for that of another. For a later one, when its own round has begun by now,
   * as another has aggregated it; for an earlier one, when nobody else says that the round before it has.
   */
  #gives(current: number, round: number): boolean {
    const { members } = this.#init.context

    return round > current ? members.round >= current : members.round < current - 1
  }

  async #gather(gathering: Gathering, signal: AbortSignal): Promise<void> {
    const { context } = this.#init
    const { round, updates } = gathering
    const quorum = this.#quorum()
    const waitedMs = await gathering.complete(quorum, signal)
    this.#gathering = undefined
    // nothing could be fetched, and whoever trained will come again; or another was faster
    if (updates.length === 0 || context.isSettled(round)) {
      gathering.close()
      return
    }
    const count = updates.length
    const merged = await this.#merge(gathering).finally(() => gathering.close())
    if (merged === undefined) return

    this.#completed = round
    const expected = Math.max(quorum.expected, count)
    context.emit({ event: 'model:aggregated', round, merged: count, expected, waitedMs })
    // from here on the round is ours to end, also when models of the next one come in already
    await this.#conclude(gathering, merged, context.tasks.signal)
  }

  /** How many models an aggregation waits for, and with how few it goes on. */
  #quorum(): Quorum {
    const { init, members } = this.#init.context
    const { active, suspected } = members.candidates(members.round)
    const enough = (count: number): number => Math.ceil(init.successFraction * Math.min(init.sample, count))
    // whoever is cut off suspects everyone: the suspected count, or a node alone would be a majority
    const least = Math.max(1, Math.ceil(enough(active.length + suspected.length) / 2))

    return { expected: Math.min(init.sample, active.length), wanted: Math.max(least, enough(active.length)), least }
  }

  async #conclude(gathering: Gathering, merged: Float32Array, signal: AbortSignal): Promise<void> {
    const { context, onFinal, onClosed } = this.#init
    const { round, contributors } = gathering
    try {
      context.members.observe(round)
      const model = this.#offer(round, merged)
      if (progressOf(context.init.budget, round - 1, context.elapsedMs()) >= 1) {
        await onFinal(model, { signal })
        return
      }
      await this.#distribute(model, merged, { signal })
      onClosed(round)
      await this.#tellClosed(model, contributors, signal)
      await this.#evaluateWhenDue(round, merged, signal)
    } finally {
      context.post.release(merged)
    }
  }

  /**
   * The paper's uniform mean, a robust rule or a merge policy.
   *
   * @returns undefined when there are too few models for the rule and none to keep: whoever comes next may have it
   */
  async #merge({ round, updates }: Gathering): Promise<Float32Array | undefined> {
    const { held } = this.#init
    const { post } = this.#init.context
    const before = held()?.round === round - 1 ? post.decode(held()!.encoded).params : undefined
    const params = before ?? post.borrow()
    let isKept = false
    try {
      const isCombined = await this.#combiner.combineInto({ round, params, examples: ONE_EACH, updates })
      isKept = isCombined || before !== undefined

      return isKept ? params : undefined
    } finally {
      if (!isKept) post.release(params)
    }
  }

  async #distribute(model: HeldModel, params: Float32Array, options: AbortOptions): Promise<void> {
    const { context, adoptOwn } = this.#init
    const distribution = new Distribution({
      context,
      model,
      refFor: (peer) => this.#offered?.offering.refFor(peer) ?? model.ref,
      adoptOwn: () => adoptOwn(model, params)
    })
    this.#distribution = distribution
    await distribution.run(options)
  }

  /** Tells the contributors that their work is done. */
  async #tellClosed({ round, ref }: HeldModel, contributors: Peer[], signal: AbortSignal): Promise<void> {
    const { context } = this.#init
    await Promise.all(contributors.map((peer) => context.notify(peer, { kind: 'closed', round, ref }, { signal })))
  }

  /** The curve over the run is that of the aggregated models. */
  async #evaluateWhenDue(round: number, params: Float32Array, signal: AbortSignal): Promise<void> {
    const { context } = this.#init
    const { evaluations, evaluationLimit, budget } = context.init
    const elapsedMs = context.elapsedMs()
    const periodMs = context.members.periodMs ?? 0
    const due = (at: number, ms: number): number => pointsDue(budget, evaluations, at, ms)
    if (due(round - 1, elapsedMs) <= due(round - 2, elapsedMs - periodMs)) return

    const { accuracy, loss } = await context.trainer.evaluate(params, { limit: evaluationLimit, signal })
    context.emit({ event: 'model:evaluated', round: round - 1, accuracy, loss, final: false })
  }

  #offer(round: number, params: Float32Array): HeldModel {
    this.#withdraw()
    const encoded = encodeModel(params)
    const offering = offerModel(this.#init.context, { round, params, encoded })
    this.#offered = { round, offering }

    return { round, ref: offering.common, encoded }
  }

  #withdraw(): void {
    this.#offered?.offering.withdraw()
    this.#offered = undefined
  }
}
