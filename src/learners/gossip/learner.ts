import type { Clock } from '../../interface/clock.ts'
import type { RejectedError } from '../../interface/errors.ts'
import type { EventSink, LearnerEvent } from '../../interface/events.ts'
import type { ModelRef, Network, Peer, Unsubscribe } from '../../interface/network.ts'
import type { AbortOptions } from '../../interface/startable.ts'
import type { Trainer } from '../../interface/trainer.ts'
import type { VectorMath } from '../../interface/vectors.ts'
import { type WaitRegister, type WaitSpec, WaitTimeoutError } from '../../interface/waits.ts'
import { mergeMean } from '../../merge/mean.ts'
import { degreeOf, neighbours, orderMembers, type TopologySpec } from '../../sampling/topology.ts'
import { decodeAnnouncement, encodeAnnouncement } from '../../wire/announcement-codec.ts'
import { encodedModelBytes, encodeModel } from '../../wire/model-codec.ts'
import { type DeadlineState, deadlineMs, initDeadline, observePeriod, observeWait } from '../adaptive-deadline.ts'
import { type Budget, type LearningRateSpec, learningRateAt, progressOf } from '../budget.ts'
import { Inbox } from './inbox.ts'

export const MODELS_TOPIC = 'models'
/** Rounds are uint32 on the wire. */
const MAX_ROUND = 0xffff_ffff
/** More recipients than this and the announcement says "everyone". */
const MAX_NAMED_RECIPIENTS = 64
const EXCHANGE_DEADLINE = { initialMs: 5_000, minMs: 100, maxMs: 30_000 }

export interface GossipComponents {
  network: Network
  clock: Clock
  waits: WaitRegister
  trainer: Trainer
  vectors: VectorMath
  emit: EventSink
}

export interface GossipInit {
  seed: number
  topology: TopologySpec
  /** Optimiser steps a round. */
  localSteps: number
  learningRate: LearningRateSpec
  budget: Budget
  /** Rounds at the end that only exchange and merge, so that the models agree. */
  settleRounds: number
  /** A round waits for this fraction of the neighbours, or its deadline. */
  quorum: number
  /** Points on the curve of accuracy over the run. */
  evaluations: number
  /** Test examples for such a point; the final evaluation takes all. */
  evaluationLimit: number
  /** Most peers whose models are kept. */
  maxSenders: number
  /** How long, after its own end, a node stays for peers that have not finished: they may want its last model. */
  lingerMs: number
}

/** Where a learner stands: for status, logs and tests. */
export interface GossipStatus {
  phase: 'idle' | 'train' | 'settle' | 'done'
  round: number
  steps: number
}

/**
 * Asynchronous push gossip: train, push the model to the neighbours, merge
 * what has come, go on. A round waits briefly for a quorum of its neighbours,
 * under a deadline that follows what such waits usually take; a slow, stuck or
 * dead peer costs at most that, and with a quorum of others nothing.
 *
 * Source: Ormandi, Hegedus, Jelasity, "Gossip learning with linear models on
 * fully distributed data", 2013, arXiv:1109.1396 (merge after receipt), with
 * deviations: models are pulled by hash after an announcement, all models of
 * a round are merged at once, and the rounds end with merges alone.
 */
export class GossipLearner {
  readonly #parts: GossipComponents
  readonly #init: GossipInit
  readonly #inbox: Inbox
  /** Peers that have announced their last model. */
  readonly #finished = new Set<Peer>()
  #members: { key: string; ordered: Peer[] } = { key: '', ordered: [] }
  #deadline: DeadlineState = initDeadline(EXCHANGE_DEADLINE)
  #change = Promise.withResolvers<void>()
  #offered: ModelRef[] = []
  #startMs = 0
  #evaluated = 0
  #status: GossipStatus = { phase: 'idle', round: 0, steps: 0 }

  constructor(components: GossipComponents, init: GossipInit) {
    this.#parts = components
    this.#init = init
    this.#inbox = new Inbox({
      network: components.network,
      clock: components.clock,
      vectors: components.vectors,
      dim: components.trainer.layout.dim,
      maxSenders: init.maxSenders,
      onRejected: this.#onRejected,
      onPeriod: (periodMs) => {
        this.#deadline = observePeriod(this.#deadline, periodMs)
      },
      onChange: this.#onChange
    })
  }

  get status(): GossipStatus {
    return { ...this.#status }
  }

  /** Connected peers that have not announced their last model. */
  activePeers(): Peer[] {
    return this.#parts.network.peers().filter((peer) => !this.#finished.has(peer))
  }

  /**
   * Runs until the budget is spent, the models have settled and the peers have
   * finished too, or the signal aborts. The last model stays on offer until
   * the network stops.
   */
  async run(options: AbortOptions = {}): Promise<void> {
    const stop = this.#listen()
    this.#startMs = this.#parts.clock.now()
    try {
      this.#enter('train')
      while (this.#progress() < 1) await this.#round(options)
      this.#enter('settle')
      for (let i = 0; i < this.#init.settleRounds; i++) await this.#settle(options)
      await this.#finish(options)
      this.#inbox.close()
      await this.#linger(options)
    } finally {
      for (const unsubscribe of stop) unsubscribe()
      this.#inbox.close()
    }
  }

  #listen(): Unsubscribe[] {
    const { network } = this.#parts

    return [
      network.subscribe(MODELS_TOPIC, this.#onAnnouncement),
      network.on('peer:connected', this.#onChange),
      network.on('peer:disconnected', ({ peer }) => {
        this.#finished.delete(peer)
        this.#inbox.forget(peer)
        this.#onChange()
      })
    ]
  }

  async #round(options: AbortOptions): Promise<void> {
    const { trainer } = this.#parts
    const learningRate = learningRateAt(this.#init.learningRate, this.#progress())
    const report = await trainer.train(this.#init.localSteps, { ...options, learningRate })
    options.signal?.throwIfAborted()
    this.#status.round++
    this.#status.steps += report.steps

    await this.#exchange(this.#init.quorum, report.loss, options)
    await this.#evaluateWhenDue(options)
  }

  async #settle(options: AbortOptions): Promise<void> {
    this.#status.round++
    await this.#exchange(1, null, options)
  }

  async #finish(options: AbortOptions): Promise<void> {
    this.#status.round++
    await this.#push(true)
    await this.#evaluate(options)
    this.#enter('done')
  }

  async #linger(options: AbortOptions): Promise<void> {
    const from = this.activePeers()
    const { lingerMs: timeoutMs } = this.#init
    const spec = { what: `${from.length} peers to finish`, from, timeoutMs }
    await this.#until(
      spec,
      () => this.activePeers().length === 0,
      () => this.activePeers(),
      options
    )
  }

  /** Push, wait for a quorum, merge. */
  async #exchange(quorum: number, loss: number | null, options: AbortOptions): Promise<void> {
    const { clock, trainer, vectors } = this.#parts
    const targets = await this.#push(false)
    const startedMs = clock.now()
    await this.#awaitModels(targets, quorum, options)
    const waitedMs = clock.now() - startedMs

    const updates = this.#inbox.take()
    mergeMean({ params: trainer.params, examples: trainer.exampleCount, updates, vectors })
    this.#inbox.release(updates)

    const { round } = this.#status
    const ages = updates.reduce((sum, update) => sum + round - update.round, 0)
    const age = updates.length === 0 ? 0 : ages / updates.length
    this.#emit({ event: 'round:ended', round, loss, merged: updates.length, age, waitedMs })
  }

  /** Announces the current params to this round's neighbours. */
  async #push(final: boolean): Promise<Peer[]> {
    const { network, trainer } = this.#parts
    const targets = this.#neighbours()
    const ref = network.offer(encodeModel(trainer.params))
    this.#offered.push(ref)
    // the previous model stays on offer for pulls under way; older ones are overtaken
    while (this.#offered.length > 2) network.withdraw(this.#offered.shift()!.hash)
    const everyone = final || targets.length > MAX_NAMED_RECIPIENTS
    const announcement = {
      round: this.#status.round,
      ref,
      examples: trainer.exampleCount,
      final,
      to: everyone ? [] : targets
    }
    if (targets.length > 0) await network.publish(MODELS_TOPIC, encodeAnnouncement(announcement))

    return targets
  }

  async #awaitModels(targets: readonly Peer[], quorum: number, options: AbortOptions): Promise<void> {
    const missing = (): Peer[] => this.#senders(targets).filter((peer) => !this.#inbox.has(peer))
    const needed = (): number => Math.ceil(quorum * Math.min(this.#senders(targets).length, this.#degree()))
    const enough = (): boolean => this.#inbox.ready() >= needed()
    if (enough()) return

    const what = `${needed()} models of ${this.#senders(targets).length} neighbours after round ${this.#status.round}`
    const spec = { what, from: missing(), timeoutMs: deadlineMs(this.#deadline) }
    const came = await this.#until(spec, enough, missing, options)
    this.#deadline = observeWait(this.#deadline, !came)
  }

  /** Waits for a condition that messages and peers can change. @returns false at the deadline, which is reported */
  async #until(
    spec: WaitSpec,
    condition: () => boolean,
    missing: () => Peer[],
    options: AbortOptions
  ): Promise<boolean> {
    try {
      await this.#parts.waits.run(
        spec,
        async (signal) => {
          while (!condition() && !signal.aborted) await this.#change.promise
        },
        options
      )
      return true
    } catch (error) {
      if (!(error instanceof WaitTimeoutError)) throw error
      this.#emit({ event: 'wait:expired', what: spec.what, from: missing() })
      return false
    }
  }

  /** Peers that a model can be expected from: with `random`, anyone may have drawn us. */
  #senders(targets: readonly Peer[]): Peer[] {
    const active = this.activePeers()

    return this.#init.topology.kind === 'random' ? active : active.filter((peer) => targets.includes(peer))
  }

  #degree(): number {
    return degreeOf(this.#init.topology, this.#parts.network.peers().length + 1)
  }

  #neighbours(): Peer[] {
    const { network } = this.#parts
    const members = [network.self, ...network.peers()]
    const key = members.join()
    if (key !== this.#members.key) this.#members = { key, ordered: orderMembers(members, this.#init.seed) }
    const { topology, seed } = this.#init

    return neighbours(topology, {
      ordered: this.#members.ordered,
      self: network.self,
      round: this.#status.round,
      seed
    })
  }

  readonly #onAnnouncement = (from: Peer, bytes: Uint8Array): void => {
    const { network, trainer } = this.#parts
    const expected = { bytes: encodedModelBytes(trainer.layout.dim), minRound: 0, maxRound: MAX_ROUND }
    const announcement = decodeAnnouncement(bytes, expected)
    if (announcement.final) this.#finished.add(from)
    const { to } = announcement
    if (to.length === 0 || to.includes(network.self)) this.#inbox.announce(from, announcement)
    this.#onChange()
  }

  readonly #onRejected = (peer: Peer, { code, verdict }: RejectedError): void => {
    this.#emit({ event: 'model:rejected', peer, code, verdict })
  }

  /** Wakes the wait in progress, if any, to look again. */
  readonly #onChange = (): void => {
    this.#change.resolve()
    this.#change = Promise.withResolvers()
  }

  #progress(): number {
    return progressOf(this.#init.budget, this.#status.round, this.#parts.clock.now() - this.#startMs)
  }

  async #evaluateWhenDue(options: AbortOptions): Promise<void> {
    const due = Math.floor(this.#progress() * this.#init.evaluations)
    if (due <= this.#evaluated) return

    this.#evaluated = due
    await this.#evaluate({ ...options, limit: this.#init.evaluationLimit })
  }

  async #evaluate(options: AbortOptions & { limit?: number }): Promise<void> {
    const { accuracy, loss } = await this.#parts.trainer.evaluate(options)
    this.#emit({
      event: 'model:evaluated',
      round: this.#status.round,
      accuracy,
      loss,
      final: options.limit === undefined
    })
  }

  #enter(phase: 'train' | 'settle' | 'done'): void {
    this.#status.phase = phase
    this.#emit({ event: 'phase:started', phase })
  }

  #emit(event: WithoutTime<LearnerEvent>): void {
    this.#parts.emit({ ...event, ms: this.#parts.clock.now() - this.#startMs } as LearnerEvent)
  }
}

type WithoutTime<E> = E extends LearnerEvent ? Omit<E, 'ms'> : never
