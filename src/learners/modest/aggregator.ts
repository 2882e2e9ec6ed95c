import type { ModelRef, Peer } from '../../interface/network.ts'
import type { AbortOptions } from '../../interface/startable.ts'
import { encodeModel } from '../../wire/model-codec.ts'
import type { ModelNotice, NoticeAnswer } from '../../wire/notice-codec.ts'
import { progressOf } from '../budget.ts'
import type { HeldModel } from './parts.ts'
import type { RoundContext } from './round-context.ts'

/** From the first model of a round to half of those wanted: two usual rounds' time; before two were seen, a slow one's. */
const FIRST_HALF = { periods: 2, initialMs: 15_000, minMs: 2_000, maxMs: 120_000 }
/** The second half may take so many times as long as the first: who takes longer is slow, not just unlucky. */
const SECOND_HALF = { factor: 3, minMs: 1_000, maxMs: 120_000 }
/** With less than half of what it wants, a round is not ended sooner: a node that is cut off must not run ahead alone. */
const LONELY_MS = 60_000
/** Senders of one round, as a multiple of the sample: views differ a little, and rounds are handed over. */
const MAX_SENDERS_PER_SAMPLED = 4
/** Times that members are asked to take the place of those that did not take the model. */
const MAX_DISTRIBUTIONS = 3

export interface AggregatorInit {
  context: RoundContext
  /** This node is in the sample itself. */
  adoptOwn: (model: HeldModel, params: Float32Array) => void
  /** The round is in the hands of its sample. */
  onClosed: (round: number) => void
  /** The budget is spent: this is the swarm's model. */
  onFinal: (model: HeldModel, options: AbortOptions) => Promise<void>
}

/** The models of one round, as they come in. */
interface Gathering {
  round: number
  /** Everyone that announced a model, delivered or not. */
  senders: Map<Peer, 'fetching' | 'here' | 'failed'>
  updates: Float32Array[]
  overtaken: AbortController
}

/** Merges the models of rounds whose turn it is here, and hands the result to the next sample. */
export class Aggregator {
  readonly #init: AggregatorInit
  #gathering: Gathering | undefined
  #completed = 0
  #offered: { round: number; ref: ModelRef } | undefined
  /** Who has fetched the newest aggregate. */
  #fetched: { round: number; peers: Set<Peer> } = { round: 0, peers: new Set() }

  constructor(init: AggregatorInit) {
    this.#init = init
  }

  /** A participant has trained a model for this round. */
  onTrained(from: Peer, notice: ModelNotice): NoticeAnswer {
    const { members, tasks } = this.#init.context
    const gathering = this.#gatheringOf(notice.round)
    const taken = gathering !== undefined && this.#admit(gathering, from)
    if (taken)
      tasks.spawn((signal) => this.#fetch(gathering, from, notice.ref, signal), { signal: gathering.overtaken.signal })

    return { taken: taken || gathering?.senders.has(from) === true, round: members.round }
  }

  /** A member of the sample has the aggregate. @returns whether it is ours */
  onFetched(from: Peer, round: number): boolean {
    if (this.#fetched.round !== round) return false
    // as many as were asked, at most
    if (this.#fetched.peers.size < this.#init.context.init.sample * MAX_DISTRIBUTIONS) this.#fetched.peers.add(from)
    this.#init.context.changed.notify()

    return true
  }

  /** This node's own model, when it is participant and aggregator in one. Copied. */
  onOwn(round: number, params: Float32Array): void {
    const { context } = this.#init
    const gathering = this.#gatheringOf(round)
    if (gathering === undefined || !this.#admit(gathering, context.self)) return

    const copy = context.post.borrow()
    copy.set(params)
    gathering.senders.set(context.self, 'here')
    gathering.updates.push(copy)
    context.changed.notify()
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
    if (this.#gathering !== undefined) this.#drop(this.#gathering)
  }

  #gatheringOf(round: number): Gathering | undefined {
    const { context } = this.#init
    const current = this.#gathering?.round ?? 0
    if (round <= this.#completed || round < current || context.isSettled(round)) return undefined
    if (round === current) return this.#gathering

    if (this.#gathering !== undefined) this.#drop(this.#gathering)
    const gathering: Gathering = { round, senders: new Map(), updates: [], overtaken: new AbortController() }
    this.#gathering = gathering
    context.tasks.spawn((signal) => this.#gather(gathering, signal), { signal: gathering.overtaken.signal })

    return gathering
  }

  /** @returns whether this sender's model is to be fetched: the first copy counts, and a failed one may be repeated */
  #admit({ senders }: Gathering, peer: Peer): boolean {
    const known = senders.get(peer)
    if (known === 'fetching' || known === 'here') return false
    if (known === undefined && senders.size >= MAX_SENDERS_PER_SAMPLED * this.#init.context.init.sample) return false
    senders.set(peer, 'fetching')

    return true
  }

  async #fetch(gathering: Gathering, peer: Peer, ref: ModelRef, signal: AbortSignal): Promise<void> {
    const { post, changed } = this.#init.context
    try {
      const { params } = await post.fetch(peer, ref, { signal })
      if (gathering !== this.#gathering) {
        post.release(params)
        return
      }
      gathering.senders.set(peer, 'here')
      gathering.updates.push(params)
    } catch (error) {
      gathering.senders.set(peer, 'failed')
      if (signal.aborted) throw error
    } finally {
      changed.notify()
    }
  }

  async #gather(gathering: Gathering, signal: AbortSignal): Promise<void> {
    const { context } = this.#init
    const { init, clock, members } = context
    const startedMs = clock.now()
    const { round, updates } = gathering
    const wanted = this.#wanted()
    const half = Math.ceil(wanted / 2)
    const came =
      (await this.#awaitModels(gathering, half, this.#firstHalfMs(), signal)) ||
      (await this.#awaitModels(gathering, half, LONELY_MS, signal))
    if (came) {
      const { factor, minMs, maxMs } = SECOND_HALF
      const timeoutMs = Math.min(maxMs, Math.max(minMs, factor * (clock.now() - startedMs)))
      await this.#awaitModels(gathering, wanted, timeoutMs, signal)
    }
    // nothing could be fetched: whoever trained will come again
    if (updates.length === 0) return this.#drop(gathering)
    if (context.isSettled(round)) return this.#drop(gathering)

    this.#completed = round
    this.#gathering = undefined
    const waitedMs = clock.now() - startedMs
    const expected = Math.min(init.sample, members.candidates(round).active.length)
    context.emit({ event: 'model:aggregated', round, merged: updates.length, expected, waitedMs })
    const contributors = [...gathering.senders.keys()].filter((peer) => peer !== context.self)
    // from here on the round is ours to end, also when models of the next one come in already
    await this.#conclude(gathering, contributors, context.tasks.signal)
  }

  #firstHalfMs(): number {
    const { periods, initialMs, minMs, maxMs } = FIRST_HALF
    const { periodMs } = this.#init.context.members

    return periodMs === undefined ? initialMs : Math.min(maxMs, Math.max(minMs, periods * periodMs))
  }

  /** How many models an aggregation waits for. */
  #wanted(): number {
    const { init, members } = this.#init.context
    const sampled = Math.min(init.sample, members.candidates(members.round).active.length)

    return Math.max(1, Math.ceil(init.successFraction * sampled))
  }

  async #awaitModels(gathering: Gathering, count: number, timeoutMs: number, signal: AbortSignal): Promise<boolean> {
    const { context } = this.#init
    const { round, updates, senders } = gathering
    const expected = context.sampler.expected(round - 1, context.init.sample)
    const missing = expected.filter((peer) => senders.get(peer) !== 'here')
    const what = `${Math.max(0, count - updates.length)} of ${count} models of round ${round}`
    const holds = (): boolean => updates.length >= count || context.isSettled(round)

    return context.changed.until(holds, { what, from: missing, timeoutMs }, { signal })
  }

  async #conclude({ round, updates }: Gathering, contributors: Peer[], signal: AbortSignal): Promise<void> {
    const { context, onFinal } = this.#init
    const { vectors, post, members, init } = context
    const merged = post.borrow()
    try {
      // the paper's uniform mean: a peer's word for the number of its examples is only its word
      vectors.weightedSumInto(
        merged,
        updates,
        updates.map(() => 1 / updates.length)
      )
      for (const update of updates.splice(0)) post.release(update)
      members.observe(round)
      const model = this.#offer(round, merged)
      if (progressOf(init.budget, round - 1, context.elapsedMs()) >= 1) {
        await onFinal(model, { signal })
        return
      }
      await this.#distribute(model, merged, { signal })
      this.#init.onClosed(round)
      await this.#close(model, contributors, signal)
      await this.#evaluateWhenDue(round, merged, signal)
    } finally {
      post.release(merged)
    }
  }

  /** Tells the contributors that their work is done. */
  async #close(model: HeldModel, contributors: Peer[], signal: AbortSignal): Promise<void> {
    const { context } = this.#init
    const { round, ref } = model
    await Promise.all(contributors.map((peer) => context.notify(peer, { kind: 'closed', round, ref }, { signal })))
  }

  /**
   * Hands the model to the sample of its round; others take the place of those
   * that don't fetch it. Only then is the round safe from this node's end.
   */
  async #distribute(model: HeldModel, params: Float32Array, { signal }: AbortOptions): Promise<void> {
    const { context, adoptOwn } = this.#init
    const { sampler, members, init } = context
    const { round } = model
    const options = signal === undefined ? {} : { signal }
    const asked = new Set<Peer>()
    const peers = new Set<Peer>()
    this.#fetched = { round, peers }
    for (let turn = 0; turn < MAX_DISTRIBUTIONS && peers.size < init.sample && members.round <= round; turn++) {
      const sample = await sampler.available(round, init.sample, options)
      const fresh = sample.filter((peer) => !asked.has(peer))
      if (fresh.length === 0 || members.round > round) return
      for (const peer of fresh) asked.add(peer)
      if (fresh.includes(context.self)) {
        adoptOwn(model, params)
        peers.add(context.self)
      }
      await this.#hand(model, fresh, options)
    }
  }

  async #hand({ round, ref }: HeldModel, sample: readonly Peer[], options: AbortOptions): Promise<void> {
    const { context } = this.#init
    const { peers } = this.#fetched
    const others = sample.filter((peer) => peer !== context.self)
    const offers = others.map(async (peer) => {
      const answer = await context.notify(peer, { kind: 'aggregated', round, ref }, options)
      // it has the round already, of another aggregator
      if (answer?.taken === false) peers.add(peer)
    })
    await Promise.all(offers)
    const missing = (): Peer[] => others.filter((peer) => !peers.has(peer))
    const spec = {
      what: `${missing().length} of ${others.length} members to fetch the aggregate of round ${round}`,
      from: missing(),
      timeoutMs: this.#firstHalfMs()
    }
    await context.changed.until(() => missing().length === 0 || context.members.round > round, spec, options)
  }

  /** The curve over the run is that of the aggregated models. */
  async #evaluateWhenDue(round: number, params: Float32Array, signal: AbortSignal): Promise<void> {
    const { context } = this.#init
    const { evaluations, evaluationLimit, budget } = context.init
    const elapsedMs = context.elapsedMs()
    const periodMs = context.members.periodMs ?? 0
    const due = (at: number, ms: number): number => Math.floor(progressOf(budget, at, ms) * evaluations)
    if (due(round - 1, elapsedMs) <= due(round - 2, elapsedMs - periodMs)) return

    const { accuracy, loss } = await context.trainer.evaluate(params, { limit: evaluationLimit, signal })
    context.emit({ event: 'model:evaluated', round: round - 1, accuracy, loss, final: false })
  }

  #offer(round: number, params: Float32Array): HeldModel {
    this.#withdraw()
    const { post } = this.#init.context
    const encoded = encodeModel(params)
    const ref = post.offerEncoded(encoded)
    this.#offered = { round, ref }

    return { round, ref, encoded }
  }

  #withdraw(): void {
    if (this.#offered !== undefined) this.#init.context.post.withdraw(this.#offered.ref)
    this.#offered = undefined
  }

  #drop(gathering: Gathering): void {
    const { post } = this.#init.context
    gathering.overtaken.abort(new Error(`round ${gathering.round} is over`))
    for (const update of gathering.updates.splice(0)) post.release(update)
    if (this.#gathering === gathering) this.#gathering = undefined
  }
}
