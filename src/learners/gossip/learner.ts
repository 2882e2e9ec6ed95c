import type { Clock } from '../../interface/clock.ts'
import type { EventSink, LearnerEvent } from '../../interface/events.ts'
import type { Learner, LearnerStatus } from '../../interface/learner.ts'
import type { Network } from '../../interface/network.ts'
import type { AbortOptions } from '../../interface/startable.ts'
import type { EvaluateOptions, Trainer } from '../../interface/trainer.ts'
import type { VectorMath } from '../../interface/vectors.ts'
import type { WaitRegister } from '../../interface/waits.ts'
import { mixingWeights } from '../../merge/mean.ts'
import type { Update } from '../../merge/update.ts'
import type { Aggregator } from '../../robust/registry.ts'
import type { TopologySpec } from '../../sampling/topology.ts'
import type { AnnouncedPhase } from '../../wire/announcement-codec.ts'
import type { Attacker } from '../attacker.ts'
import { type Budget, type LearningRateSpec, learningRateAt, progressOf } from '../budget.ts'
import { Combiner, type Fallback, rulesOf } from '../combiner.ts'
import { Exchange } from './exchange.ts'

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
  /** Rounds at the end, when nobody trains any more, that only exchange and merge, so that the models agree. */
  settleRounds: number
  /** A round waits for this fraction of the neighbours, or its deadline. */
  quorum: number
  /** Combines the models of a round; the weighted mean when absent. */
  robust?: Aggregator
  /** @default 'keep' */
  fallback?: Fallback
  /** Makes this node a Byzantine one. */
  attacker?: Attacker
  /** Points on the curve of accuracy over the run. */
  evaluations: number
  /** Test examples for such a point; the final evaluation takes all. */
  evaluationLimit: number
  /** Most peers whose models are kept. */
  maxSenders: number
  /** How long a node that is through waits for peers that still train, and then stays for them. */
  lingerMs: number
}

/**
 * Asynchronous push gossip: train, push the model to the neighbours, merge
 * what has come, go on. A round waits briefly for a quorum of its neighbours,
 * under a deadline that follows how often they usually send; a slow, stuck or
 * dead peer costs at most that, and with a quorum of others nothing.
 *
 * Source: Ormandi, Hegedus, Jelasity, "Gossip learning with linear models on
 * fully distributed data", 2013, arXiv:1109.1396 (merge after receipt), with
 * deviations: models are pulled by hash after an announcement, all models of
 * a round are merged at once, and the rounds end with merges alone.
 */
export class GossipLearner implements Learner {
  readonly #parts: GossipComponents
  readonly #init: GossipInit
  readonly #exchange: Exchange
  readonly #combiner: Combiner
  #startMs = 0
  #evaluated = 0
  #status: LearnerStatus = { phase: 'idle', round: 0, steps: 0 }

  constructor(components: GossipComponents, init: GossipInit) {
    const { network, clock, waits, vectors, trainer } = components
    const { seed, topology, maxSenders } = init
    this.#parts = components
    this.#init = init
    this.#combiner = new Combiner({
      vectors,
      ...rulesOf(init),
      onFallback: (fallback) => this.#emit({ event: 'merge:fell-back', round: this.#status.round, ...fallback })
    })
    this.#exchange = new Exchange({
      network,
      clock,
      waits,
      vectors,
      dim: trainer.layout.dim,
      seed,
      topology,
      maxSenders,
      attacker: init.attacker,
      onRejected: (peer, { code, verdict }) => this.#emit({ event: 'model:rejected', peer, code, verdict }),
      onExpired: (what, from) => this.#emit({ event: 'wait:expired', what, from })
    })
  }

  get status(): LearnerStatus {
    return { ...this.#status }
  }

  /**
   * Runs until the budget is spent, the models have settled and the peers have
   * finished too, or the signal aborts. The last model stays on offer until
   * the network stops.
   */
  async run(options: AbortOptions = {}): Promise<void> {
    this.#startMs = this.#parts.clock.now()
    this.#exchange.start()
    try {
      this.#enter('train')
      while (this.#progress() < 1) await this.#trainRound(options)
      this.#enter('settle')
      // a round of its own: those who still train go on counting with this model
      this.#status.round++
      await this.#push('settle')
      await this.#exchange.awaitTraining(this.#init.lingerMs, options)
      for (let i = 0; i < this.#init.settleRounds; i++) await this.#settleRound(options)
      await this.#finish(options)
    } finally {
      this.#exchange.stop()
    }
  }

  async #trainRound(options: AbortOptions): Promise<void> {
    const { trainer } = this.#parts
    const learningRate = learningRateAt(this.#init.learningRate, this.#progress())
    const report = await trainer.train(this.#init.localSteps, { ...options, learningRate })
    options.signal?.throwIfAborted()
    this.#status.round++
    this.#status.steps += report.steps

    await this.#merge(this.#init.quorum, report.loss, options)
    await this.#evaluateWhenDue(options)
  }

  async #settleRound(options: AbortOptions): Promise<void> {
    this.#status.round++
    await this.#merge(1, null, options)
  }

  async #finish(options: AbortOptions): Promise<void> {
    this.#status.round++
    await this.#push('done')
    this.#exchange.close()
    await this.#evaluate(options, true)
    this.#enter('done')
    await this.#exchange.awaitOthers(this.#init.lingerMs, options)
  }

  /** Push, wait for a quorum, merge. `loss` is null in rounds that don't train. */
  async #merge(quorum: number, loss: number | null, options: AbortOptions): Promise<void> {
    const { clock } = this.#parts
    const { round } = this.#status
    const targets = await this.#push(loss === null ? 'settle' : 'train')
    const startedMs = clock.now()
    const which = loss === null ? 'fresh' : 'current'
    await this.#exchange.awaitModels(targets, { quorum, which, round }, options)
    const waitedMs = clock.now() - startedMs

    const updates = this.#exchange.take(which)
    this.#combine(updates)
    this.#exchange.release(updates)

    const ages = updates.reduce((sum, update) => sum + round - update.round, 0)
    const age = updates.length === 0 ? 0 : ages / updates.length
    this.#emit({ event: 'round:ended', round, loss, merged: updates.length, age, waitedMs })
  }

  #combine(updates: readonly Update[]): void {
    if (updates.length === 0) return
    const { params, exampleCount } = this.#parts.trainer
    const models = [params, ...updates.map((update) => update.params)]
    this.#combiner.combineInto({ params, updates: models, weights: mixingWeights(exampleCount, updates), own: 0 })
  }

  async #push(phase: AnnouncedPhase): ReturnType<Exchange['push']> {
    const { params, exampleCount } = this.#parts.trainer

    return this.#exchange.push({ round: this.#status.round, params, examples: exampleCount, phase })
  }

  #progress(): number {
    return progressOf(this.#init.budget, this.#status.round, this.#parts.clock.now() - this.#startMs)
  }

  async #evaluateWhenDue(options: AbortOptions): Promise<void> {
    const due = Math.floor(this.#progress() * this.#init.evaluations)
    if (due <= this.#evaluated) return

    this.#evaluated = due
    await this.#evaluate({ ...options, limit: this.#init.evaluationLimit }, false)
  }

  async #evaluate(options: EvaluateOptions, final: boolean): Promise<void> {
    const { accuracy, loss } = await this.#parts.trainer.evaluate(options)
    this.#emit({ event: 'model:evaluated', round: this.#status.round, accuracy, loss, final })
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
