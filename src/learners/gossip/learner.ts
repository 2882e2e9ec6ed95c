import type { Clock } from '../../interface/clock.ts'
import type { EventSink, LearnerEvent } from '../../interface/events.ts'
import type { Learner, LearnerStatus, LearnerView } from '../../interface/learner.ts'
import type { Network, Peer } from '../../interface/network.ts'
import type { LearnerState } from '../../interface/rest.ts'
import type { AbortOptions } from '../../interface/startable.ts'
import type { EvaluateOptions, Trainer } from '../../interface/trainer.ts'
import type { VectorMath } from '../../interface/vectors.ts'
import type { WaitRegister } from '../../interface/waits.ts'
import type { FisherVector } from '../../merge/update.ts'
import type { TopologySpec } from '../../sampling/topology.ts'
import type { AnnouncedPhase } from '../../wire/announcement-codec.ts'
import { learningRateAt, progressOf } from '../budget.ts'
import { Combiner } from '../combiner.ts'
import { restoreTrainer, withoutNumbers } from '../earlier-life.ts'
import { EvaluationSchedule } from '../evaluation-schedule.ts'
import type { LearnerInit } from '../learner-init.ts'
import { type LiveState, liveState, readLiveState } from '../live-state.ts'
import { LocalTraining } from '../local-training.ts'
import { createLossMeter } from '../loss-meter.ts'
import { OwnFisher } from '../own-fisher.ts'
import { Rests } from '../rests.ts'
import { needsFisher } from '../rules.ts'
import type { UntimedEvent } from '../untimed-event.ts'
import { Exchange } from './exchange.ts'

export interface GossipComponents {
  network: Network
  clock: Clock
  waits: WaitRegister
  trainer: Trainer
  vectors: VectorMath
  emit: EventSink
}

export interface GossipInit extends LearnerInit {
  topology: TopologySpec
  /** Rounds at the end, when nobody trains any more, that only exchange and merge, so that the models agree. */
  settleRounds: number
  /** A round waits for this fraction of the neighbours, or its deadline. */
  quorum: number
  /** Most peers whose models are kept. */
  maxSenders: number
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
  readonly #fisher: OwnFisher
  readonly #schedule: EvaluationSchedule
  readonly #local: LocalTraining
  readonly #rests: Rests
  #earlier: LiveState | undefined
  #startMs = 0
  #status: LearnerStatus = { phase: 'idle', round: 0, steps: 0 }
  /** The newest round that is over. */
  #over = 0

  /** @throws {CheckpointError} ERR_CHECKPOINT_DIM, ERR_CHECKPOINT_STATE for an earlier life that is none of this learner's */
  constructor(components: GossipComponents, given: GossipInit) {
    const init = withoutNumbers(given)
    const { network, clock, waits, vectors, trainer } = components
    const { seed, topology, maxSenders, budget, evaluations: points, rules = {} } = init
    this.#parts = components
    this.#init = init
    this.#earlier = given.resume === undefined ? undefined : readLiveState(given.resume, trainer)
    this.#schedule = new EvaluationSchedule({ budget, points, done: this.#earlier?.evaluated })
    this.#fisher = new OwnFisher({ trainer, vectors, rules })
    this.#combiner = new Combiner({
      vectors,
      rules,
      hasOwn: true,
      losses: createLossMeter(components, init),
      emit: (event) => this.#emit(event)
    })
    this.#local = new LocalTraining({
      trainer,
      combiner: this.#combiner,
      steps: init.localSteps,
      onSteps: (steps) => {
        this.#status.steps += steps
      }
    })
    this.#rests = new Rests({ visitor: init.rest, waits, now: () => this.#rest() })
    this.#exchange = new Exchange({
      network,
      clock,
      waits,
      vectors,
      dim: trainer.layout.dim,
      hasFisher: needsFisher(rules),
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

  inspect(): LearnerView {
    return this.#exchange.inspect(this.#status.round)
  }

  /**
   * Runs until the budget is spent, the models have settled and the peers have
   * finished too, or the signal aborts. The last model stays on offer until
   * the network stops.
   */
  async run(options: AbortOptions = {}): Promise<void> {
    this.#startMs = this.#parts.clock.now()
    if (this.#earlier !== undefined) this.#goOn(this.#earlier)
    this.#earlier = undefined
    this.#exchange.start()
    try {
      await this.#play(options)
    } catch (error) {
      if (options.signal?.aborted === true) await this.#rests.takeLast()
      throw error
    } finally {
      this.#exchange.stop()
      this.#combiner.close()
      this.#fisher.close()
    }
  }

  async #play(options: AbortOptions): Promise<void> {
    this.#enter('train')
    await this.#combiner.begin(this.#parts.trainer, options)
    while (this.#progress() < 1) {
      await this.#trainRound(options)
      await this.#rests.take(options)
    }
    this.#enter('settle')
    // a round of its own: those who still train go on counting with this model
    this.#status.round++
    await this.#push('settle', options)
    this.#over = this.#status.round
    await this.#exchange.awaitTraining(this.#init.lingerMs, options)
    for (let i = 0; i < this.#init.settleRounds; i++) {
      await this.#settleRound(options)
      await this.#rests.take(options)
    }
    await this.#finish(options)
  }

  /** What it sent and has not been merged is dropped; what was merged can't be undone. */
  ban(peer: Peer): void {
    this.#exchange.disown(peer)
  }

  async #trainRound(options: AbortOptions): Promise<void> {
    const learningRate = learningRateAt(this.#init.learningRate, this.#progress())
    const loss = await this.#local.run({ ...options, learningRate })
    this.#status.round++
    await this.#merge(this.#init.quorum, loss, options)
    this.#local.end()
    this.#over = this.#status.round
    await this.#evaluateWhenDue(options)
  }

  async #settleRound(options: AbortOptions): Promise<void> {
    this.#status.round++
    await this.#merge(1, null, options)
    this.#over = this.#status.round
  }

  async #finish(options: AbortOptions): Promise<void> {
    this.#status.round++
    await this.#push('done', options)
    this.#exchange.close()
    this.#over = this.#status.round
    await this.#evaluate(options, true)
    this.#enter('done')
    await this.#rests.takeLast()
    await this.#exchange.awaitOthers(this.#init.lingerMs, options)
  }

  /** Push, wait for a quorum, merge. `loss` is null in rounds that don't train. */
  async #merge(quorum: number, loss: number | null, options: AbortOptions): Promise<void> {
    const { clock, trainer } = this.#parts
    const { round } = this.#status
    const { targets, fisher } = await this.#push(loss === null ? 'settle' : 'train', options)
    const startedMs = clock.now()
    const which = loss === null ? 'fresh' : 'current'
    await this.#exchange.awaitModels(targets, { quorum, which, round }, options)
    const waitedMs = clock.now() - startedMs

    const updates = this.#exchange.take(which)
    try {
      const own = { params: trainer.params, examples: trainer.exampleCount, fisher }
      const expected = this.#exchange.expected(targets)
      await this.#combiner.combineInto({ round, ...own, updates, expected }, options)
    } finally {
      this.#exchange.release(updates)
    }

    // a round is the sender's word: one that lies far ahead must not hide that the others are late
    const ages = updates.reduce((sum, update) => sum + Math.max(0, round - update.round), 0)
    const age = updates.length === 0 ? 0 : ages / updates.length
    this.#emit({ event: 'round:ended', round, loss, merged: updates.length, age, waitedMs })
  }

  async #push(phase: AnnouncedPhase, options: AbortOptions): Promise<{ targets: Peer[]; fisher?: FisherVector }> {
    const { params, exampleCount } = this.#parts.trainer
    const { round } = this.#status
    const fisher = await this.#fisher.estimate({ round, ...options })
    const targets = await this.#exchange.push({ round, params, fisher, examples: exampleCount, phase })

    return { targets, ...(fisher === undefined ? {} : { fisher }) }
  }

  #progress(): number {
    return progressOf(this.#init.budget, this.#status.round, this.#elapsedMs)
  }

  get #elapsedMs(): number {
    return this.#parts.clock.now() - this.#startMs
  }

  #goOn({ trainer, round, steps, elapsedMs, inHand, memory }: LiveState): void {
    restoreTrainer(this.#parts.trainer, trainer)
    this.#combiner.restore(memory)
    this.#local.restore(inHand)
    this.#status = { ...this.#status, round, steps }
    this.#over = round
    this.#startMs -= elapsedMs
  }

  #rest() {
    const { trainer } = this.#parts

    return {
      round: this.#over,
      steps: this.#status.steps,
      state: () => this.#state(),
      evaluate: (options: AbortOptions = {}) => trainer.evaluate(options)
    }
  }

  #state(): LearnerState {
    const { trainer } = this.#parts

    return liveState(trainer, {
      round: this.#over,
      steps: this.#status.steps,
      elapsedMs: this.#elapsedMs,
      inHand: this.#local.inHand,
      evaluated: this.#schedule.done,
      memory: this.#combiner.memory
    })
  }

  async #evaluateWhenDue(options: AbortOptions): Promise<void> {
    if (!this.#schedule.isDue(this.#status.round, this.#elapsedMs)) return

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

  #emit(event: UntimedEvent): void {
    this.#parts.emit({ ...event, ms: this.#parts.clock.now() - this.#startMs } as LearnerEvent)
  }
}
