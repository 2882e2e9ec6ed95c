import { CodedError } from '../../interface/errors.ts'
import type { Peer } from '../../interface/network.ts'
import type { LearnerState, Rest } from '../../interface/rest.ts'
import type { AbortOptions } from '../../interface/startable.ts'
import type { EvaluateOptions } from '../../interface/trainer.ts'
import type { FisherVector, Update } from '../../merge/update.ts'
import type { ModelNotice, NoticeAnswer } from '../../wire/notice-codec.ts'
import { learningRateAt } from '../budget.ts'
import { Combiner } from '../combiner.ts'
import { restoreTrainer } from '../earlier-life.ts'
import { EvaluationSchedule } from '../evaluation-schedule.ts'
import { type LiveState, liveState } from '../live-state.ts'
import { LocalTraining } from '../local-training.ts'
import { createLossMeter } from '../loss-meter.ts'
import { OwnFisher } from '../own-fisher.ts'
import type { Role } from '../session.ts'
import { Exchange } from './exchange.ts'
import type { DPSGDSession } from './learner.ts'
import type { Neighbourhood } from './neighbourhood.ts'

/** What each model counts as, in examples: all alike. */
const ONE_EACH = 1

/** Train, send, wait, average: the same round on all neighbours. */
export class Rounds implements Role {
  readonly #session: DPSGDSession
  readonly #neighbourhood: Neighbourhood
  readonly #exchange: Exchange
  readonly #schedule: EvaluationSchedule
  readonly #combiner: Combiner
  readonly #fisher: OwnFisher
  readonly #local: LocalTraining
  /** The newest round that is over. */
  #over = 0

  /** @param earlier - what an earlier life of this node left */
  constructor(
    session: DPSGDSession,
    neighbourhood: Neighbourhood,
    neighboursOf: (peer: Peer) => readonly Peer[],
    earlier?: LiveState
  ) {
    this.#session = session
    this.#neighbourhood = neighbourhood
    this.#exchange = new Exchange(session, neighbourhood, neighboursOf)
    const { parts, init } = session
    const { rules = {}, budget, evaluations: points } = init
    this.#schedule = new EvaluationSchedule({ budget, points, done: earlier?.evaluated })
    this.#fisher = new OwnFisher({ ...parts, rules })
    this.#combiner = new Combiner({
      vectors: parts.vectors,
      rules,
      hasOwn: true,
      losses: createLossMeter(parts, init),
      emit: (event) => session.emit(event)
    })
    this.#local = new LocalTraining({
      trainer: parts.trainer,
      combiner: this.#combiner,
      steps: init.localSteps,
      onSteps: (steps) => {
        session.status.steps += steps
      }
    })
    if (earlier !== undefined) this.#goOn(earlier)
  }

  maxRound(): number {
    return this.#exchange.maxRound
  }

  async play(options: { signal: AbortSignal }): Promise<void> {
    const { parts, rests } = this.#session
    this.#session.enter('train')
    await this.#combiner.begin(parts.trainer, options)
    while (this.#session.progress(this.#neighbourhood.round) < 1) {
      await this.#playRound(options)
      await rests.take(options)
    }
    this.#session.enter('settle')
    await Promise.all([this.#evaluate(options, true), this.#exchange.takeLeave(options)])
    this.#session.enter('done')
  }

  neighbours(): readonly Peer[] {
    return this.#exchange.connected()
  }

  rest(): Omit<Rest, 'isLast'> {
    const { trainer } = this.#session.parts

    return {
      round: this.#over,
      steps: this.#session.status.steps,
      state: () => this.#state(),
      evaluate: (options: AbortOptions = {}) => trainer.evaluate(options)
    }
  }

  close(): void {
    this.#combiner.close()
    this.#fisher.close()
  }

  onNotice(from: Peer, notice: ModelNotice): NoticeAnswer {
    return this.#exchange.onNotice(from, notice)
  }

  onConnected(): void {
    this.#session.changes.notify()
  }

  onDisconnected(peer: Peer): void {
    this.#neighbourhood.onGone(peer)
    this.#exchange.onDisconnected(peer)
    this.#session.changes.notify()
  }

  async #playRound(options: { signal: AbortSignal }): Promise<void> {
    const { clock } = this.#session.parts
    const { learningRate: spec } = this.#session.init
    const learningRate = learningRateAt(spec, this.#session.progress(this.#neighbourhood.round))
    this.#neighbourhood.enter(this.#neighbourhood.round + 1)
    const loss = await this.#local.run({ ...options, learningRate })
    this.#catchUp()
    const { round } = this.#neighbourhood
    this.#session.status.round = round
    const fisher = await this.#fisher.estimate({ round, ...options })
    this.#exchange.send(round, fisher)
    const sinceMs = clock.now()
    await this.#exchange.awaitModels(round, options)
    const waitedMs = clock.now() - sinceMs
    const merged = await this.#combine(round, fisher, options)
    this.#local.end()
    this.#over = round
    this.#session.emit({ event: 'round:ended', round, loss, merged, age: 0, waitedMs })
    await this.#evaluateWhenDue(options)
  }

  #goOn({ trainer, round, inHand, memory }: LiveState): void {
    restoreTrainer(this.#session.parts.trainer, trainer)
    this.#combiner.restore(memory)
    this.#local.restore(inHand)
    this.#neighbourhood.enter(round)
    this.#over = round
  }

  #state(): LearnerState {
    const { parts, status, elapsedMs } = this.#session

    return liveState(parts.trainer, {
      round: this.#over,
      steps: status.steps,
      elapsedMs,
      inHand: this.#local.inHand,
      evaluated: this.#schedule.done,
      memory: this.#combiner.memory
    })
  }

  /** After a pause, or as a newcomer: what was trained counts for the round that the neighbours are in. */
  #catchUp(): void {
    const round = Math.min(this.#neighbourhood.roundToJoin(this.#exchange.connected()), this.#exchange.maxRound)
    if (round > this.#neighbourhood.round) this.#neighbourhood.enter(round)
  }

  /** All models count alike. @returns models merged */
  async #combine(round: number, fisher: FisherVector | undefined, options: { signal: AbortSignal }): Promise<number> {
    const { post, parts } = this.#session
    const { params } = parts.trainer
    const updates: Update[] = []
    try {
      this.#decodeInto(updates, round)
      const expected = this.#exchange.connected().length
      await this.#combiner.combineInto({ round, params, examples: ONE_EACH, fisher, updates, expected }, options)
    } finally {
      for (const update of updates) post.releaseAll(update)
    }

    return updates.length
  }

  /** Those that fit into memory: strangers may become neighbours, and must not end the node by being many. */
  #decodeInto(updates: Update[], round: number): void {
    const { post } = this.#session
    try {
      for (const { peer, encoded } of this.#neighbourhood.models()) {
        updates.push({ peer, round, examples: ONE_EACH, ...post.decode(encoded) })
      }
    } catch (error) {
      if (!(error instanceof CodedError && error.code === 'ERR_MEMORY_EXHAUSTED')) throw error
      // combining takes room, too
      const last = updates.pop()
      if (last !== undefined) post.releaseAll(last)
    }
  }

  async #evaluateWhenDue(options: { signal: AbortSignal }): Promise<void> {
    if (!this.#schedule.isDue(this.#neighbourhood.round, this.#session.elapsedMs)) return

    await this.#evaluate({ ...options, limit: this.#session.init.evaluationLimit }, false)
  }

  async #evaluate(options: EvaluateOptions, final: boolean): Promise<void> {
    const { accuracy, loss } = await this.#session.parts.trainer.evaluate(options)
    this.#session.emit({ event: 'model:evaluated', round: this.#neighbourhood.round, accuracy, loss, final })
  }
}
