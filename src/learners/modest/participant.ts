import { RejectedError } from '../../interface/errors.ts'
import type { ModelRef, Peer } from '../../interface/network.ts'
import type { WaitSpec } from '../../interface/waits.ts'
import type { ModelNotice, NoticeAnswer } from '../../wire/notice-codec.ts'
import { learningRateAt, progressOf } from '../budget.ts'
import { isBug } from '../bug.ts'
import { fisherOf } from '../own-fisher.ts'
import { type Parcel, parcelOf } from '../parcel.ts'
import { offerModel } from './offer-model.ts'
import type { HeldModel } from './parts.ts'
import { periodDeadlineMs } from './period-deadline.ts'
import { pullAgain } from './pulling.ts'
import type { RoundContext } from './round-context.ts'
import type { ModestState } from './state.ts'

/** So many usual rounds' time for the aggregators; before two rounds were seen, that of a slow one. */
const CLOSING = { periods: 2, initialMs: 30_000, minMs: 2_000, maxMs: 120_000 }
/** Aggregators of one round whose results are remembered, in case the first can't be fetched. */
const MAX_SOURCES = 16
/** Of one peer's word for a round: so many times as many as usual may have gone by since this node heard of any. */
export const RUSH = 4
/** Rounds whose models are fetched at a time, each of another peer: one that offers what it has not keeps nobody out. */
const MAX_OFFERED = 4
/** Shared: a stack for each round would say nothing. */
const OVERTAKEN = new Error('overtaken by a later round')

export interface ParticipantInit {
  context: RoundContext
  /** This node is an aggregator of its own model. */
  deliverOwn: (round: number, model: Parcel) => void
}

/** A round that this node trains. */
interface Claim {
  readonly round: number
  readonly overtaken: AbortController
}

/** One that it has been asked to train. */
interface OfferedRound extends Claim {
  /** Who offered it first. */
  readonly by: Peer
  /** Where its model can be had: the first that delivers is adopted. */
  readonly sources: { from: Peer; notice: ModelNotice }[]
}

/** Trains the rounds that this node is sampled for, each at most once, and sees to it that they are aggregated. */
export class Participant {
  readonly #init: ParticipantInit
  #claim: Claim | undefined
  /** By round: their models are on the way. */
  readonly #offered = new Map<number, OfferedRound>()
  #trained = 0
  /** Newest round trained to its end here. */
  #finished = 0
  #closed = 0
  #steps = 0
  #refused = 0
  /** The newest model of the swarm that this node has. */
  held: HeldModel | undefined
  /** What this node trained last, and the aggregators that it went to. */
  #handedIn: { round: number; to: Set<Peer> } = { round: 0, to: new Set() }

  constructor(init: ParticipantInit) {
    this.#init = init
  }

  /** What an earlier life of this node left. */
  restore({ trained, closed, steps, held }: Pick<ModestState, 'trained' | 'closed' | 'steps' | 'held'>): void {
    this.#trained = trained
    this.#finished = trained
    this.#closed = closed
    this.#steps = steps
    this.held = held
  }

  /** Newest round trained to its end here: what a stop cut short can be trained again. */
  get finished(): number {
    return this.#finished
  }

  /** Newest round whose aggregate is safe, as this node was told. */
  get closed(): number {
    return this.#closed
  }

  /** Newest round trained here. */
  get round(): number {
    return this.#trained
  }

  get steps(): number {
    return this.#steps
  }

  /** The first round starts from the common first model; everybody knows whose turn it is. */
  begin(): void {
    const { context } = this.#init
    const claim = this.#take(newClaim(1))
    context.members.observe(1)
    context.tasks.spawn(
      async (signal) => {
        const params = context.post.borrow()
        await context.trainer.initialise(params)
        await this.#train(claim, params, signal)
      },
      { signal: claim.overtaken.signal }
    )
  }

  /**
   * An aggregator has the model of a round for this node to train on. What is being worked on ends when that model is here,
   * and not before: whoever offers one may have none.
   */
  onAggregated(from: Peer, notice: ModelNotice): NoticeAnswer {
    const { context } = this.#init
    const { members } = context
    const { round } = members
    const answer = (taken: boolean): NoticeAnswer => ({ taken, round })
    const newest = Math.max(this.#claim?.round ?? 0, this.#trained)
    // the swarm is further, this node is, or it has this round: what came late is not worth a step
    if (notice.round < round || notice.round <= newest) return answer(false)
    const known = this.#offered.get(notice.round)
    if (known !== undefined) {
      if (known.sources.length < MAX_SOURCES) known.sources.push({ from, notice })
      return answer(true)
    }
    const isBusy = this.#offered.size >= MAX_OFFERED || [...this.#offered.values()].some((claim) => claim.by === from)
    // one peer alone leads nobody far ahead of the others
    if (isBusy || notice.round > members.plausibleRound(RUSH)) return answer(false)

    const claim = { ...newClaim(notice.round), by: from, sources: [{ from, notice }] }
    this.#offered.set(claim.round, claim)
    context.tasks.spawn((signal) => this.#adopt(claim, signal), { signal: claim.overtaken.signal })

    return answer(true)
  }

  /** A peer says {@link onClosed}: one that this node's model of the round went to. */
  onClosedBy(from: Peer, round: number): void {
    if (round <= this.#handedIn.round && this.#handedIn.to.has(from)) this.onClosed(round)
  }

  /** An aggregator has handed the aggregate of `round` on: nothing of that round depends on this node any more. */
  onClosed(round: number): void {
    if (round <= this.#closed) return
    this.#closed = round
    this.#init.context.changed.notify()
  }

  /** Newest round whose aggregate is safe, as far as this node knows by itself. */
  get settled(): number {
    return Math.max(this.#closed, this.held?.round ?? 0)
  }

  /** The newest round of which an aggregator sent something that was no model. */
  get refused(): number {
    return this.#refused
  }

  /** This node aggregated the round itself, and is in its sample. */
  adoptOwn(model: HeldModel, params: Float32Array): void {
    const { context } = this.#init
    if (model.round <= (this.#claim?.round ?? 0) || model.round <= this.#trained) return
    const claim = this.#take(newClaim(model.round))
    context.members.observe(model.round)
    this.held = model
    const own = context.post.borrow()
    own.set(params)
    context.tasks.spawn((signal) => this.#train(claim, own, signal), { signal: claim.overtaken.signal })
  }

  /** What is worked on, or on its way, for an earlier round ends. */
  #take<C extends Claim>(claim: C): C {
    this.#claim?.overtaken.abort(OVERTAKEN)
    this.#claim = claim
    for (const [round, offered] of this.#offered) {
      if (round > claim.round) continue
      this.#offered.delete(round)
      if (offered.overtaken !== claim.overtaken) offered.overtaken.abort(OVERTAKEN)
    }

    return claim
  }

  async #adopt(claim: OfferedRound, signal: AbortSignal): Promise<void> {
    const { context } = this.#init
    for (let source = claim.sources.shift(); source !== undefined; source = claim.sources.shift()) {
      const { from, notice } = source
      try {
        const { encoded, params } = await pullAgain(context.post, { from, ref: notice.ref, signal })
        if (signal.aborted) {
          context.post.release(params) // that of a later round was here a moment before
          throw signal.reason
        }
        this.#take(claim)
        this.held = { round: claim.round, ref: notice.ref, encoded }
        context.members.observe(claim.round)
        this.#thank(from, this.held)
        await this.#train(claim, params, signal)
        return
      } catch (error) {
        if (signal.aborted || this.#trained >= claim.round || isBug(error)) throw error
        // the aggregator died, or sent something else: another may have the same round
        if (error instanceof RejectedError) this.#refused = claim.round
      }
    }
    // nobody delivered: whoever offers this round again is welcome
    this.#offered.delete(claim.round)
    if (this.#claim === claim) this.#claim = undefined
  }

  /** Tells the aggregator that its model has arrived. */
  #thank(aggregator: Peer, { round, ref }: HeldModel): void {
    const { context } = this.#init
    context.changed.notify()
    context.tasks.spawn(async (signal) => {
      await context.notify(aggregator, { kind: 'closed', round, ref }, { signal })
    })
  }

  /** @param params - shape (dim); given back here */
  async #train(claim: Claim, params: Float32Array, signal: AbortSignal): Promise<void> {
    const { context } = this.#init
    const { init } = context
    const { round } = claim
    let fisher: Float32Array | undefined
    try {
      await context.rests.take({ signal })
      if (this.#trained >= round) return
      this.#trained = round
      const learningRate = learningRateAt(init.learningRate, progressOf(init.budget, round - 1, context.elapsedMs()))
      const report = await context.trainer.train(params, { round, steps: init.localSteps, learningRate, signal })
      signal.throwIfAborted()
      this.#steps += report.steps
      this.#finished = round
      context.emit({ event: 'round:ended', round, loss: report.loss, merged: 0, age: 0, waitedMs: 0 })
      fisher = await fisherOf({ params, round, signal }, { ...context, rules: init.rules })
      await this.#deliver(round + 1, parcelOf(params, fisher), signal)
    } finally {
      context.post.releaseAll(parcelOf(params, fisher))
    }
  }

  /**
   * Hands the model to the aggregators of `round`, and to their successors
   * when they fall silent, until somebody has aggregated it and handed it on.
   */
  async #deliver(round: number, model: Parcel, signal: AbortSignal): Promise<void> {
    const { context, deliverOwn } = this.#init
    const { sampler, changed } = context
    const offering = offerModel(context, { round, ...model })
    this.#handedIn = { round, to: new Set() }
    const settled = (): boolean => context.isSettled(round)
    try {
      for (let patience = 1; !settled(); patience = 2) {
        const aggregators = await sampler.available(round, context.init.aggregators, { signal })
        if (aggregators.includes(context.self)) deliverOwn(round, model)
        const others = aggregators.filter((peer) => peer !== context.self)
        for (const peer of others) this.#handedIn.to.add(peer)
        await Promise.all(others.map((peer) => this.#handIn(peer, round, offering.refFor(peer), signal)))
        const spec: WaitSpec = {
          kind: 'models',
          what: `the aggregate of round ${round}`,
          from: others,
          timeoutMs: patience * periodDeadlineMs(CLOSING, context.members.periodMs)
        }
        await changed.until(settled, spec, { signal })
      }
    } finally {
      offering.withdraw()
    }
  }

  #handIn(peer: Peer, round: number, ref: ModelRef, signal: AbortSignal): Promise<NoticeAnswer | undefined> {
    return this.#init.context.notify(peer, { kind: 'trained', round, ref }, { signal })
  }
}

function newClaim(round: number): Claim {
  return { round, overtaken: new AbortController() }
}
