import type { Clock } from '../../interface/clock.ts'
import { CodedError } from '../../interface/errors.ts'
import type { EventSink, LearnerEvent } from '../../interface/events.ts'
import type { LearnerStatus } from '../../interface/learner.ts'
import type { ModelRef, Network, Peer } from '../../interface/network.ts'
import type { AbortOptions } from '../../interface/startable.ts'
import type { EvaluateOptions, StatelessTrainer } from '../../interface/trainer.ts'
import type { VectorMath } from '../../interface/vectors.ts'
import type { WaitRegister } from '../../interface/waits.ts'
import type { ModelNotice, NoticeAnswer } from '../../wire/notice-codec.ts'
import { type DeadlineState, deadlineMs, initDeadline, observePeriod } from '../adaptive-deadline.ts'
import { type Budget, type LearningRateSpec, learningRateAt, progressOf } from '../budget.ts'
import { Condition } from '../condition.ts'
import { insist } from '../insist.ts'
import { type FetchedModel, ModelPost } from '../model-post.ts'
import { Tasks } from '../tasks.ts'

export const NOTICE_PROTOCOL = 'fedavg/notice'

export interface FedAvgComponents {
  network: Network
  clock: Clock
  waits: WaitRegister
  trainer: StatelessTrainer
  vectors: VectorMath
  emit: EventSink
}

export interface FedAvgInit {
  seed: number
  /** Nodes that train in a round. */
  sample: number
  /** A round waits for the models of this fraction of the sample, or its deadline. */
  successFraction: number
  /** Optimiser steps a round. */
  localSteps: number
  learningRate: LearningRateSpec
  budget: Budget
  /** Points on the server's curve of accuracy over the run. */
  evaluations: number
  /** Test examples for such a point; the final evaluation takes all. */
  evaluationLimit: number
  /** A server without a sign of life for so long is lost; the server waits as long for peers to take the final model. */
  lingerMs: number
  /**
   * Everyone who may take part, the same on every node; the first of them in the order of `orderMembers` is the server.
   * @default this node and those connected when the run begins
   */
  members?: readonly Peer[]
}

/** The part that a node plays: server or participant. */
export interface Role {
  /** Newest round that a notice may be about. */
  maxRound(): number
  onNotice(from: Peer, notice: ModelNotice): NoticeAnswer
  onConnected(peer: Peer): void
  onDisconnected(peer: Peer): void
  /** Plays the part to its end. */
  play(options: { signal: AbortSignal }): Promise<void>
}

/** Answers come at once, so this is for the way there and back, and busy machines. */
const ANSWER = { initialMs: 5_000, minMs: 1_000, maxMs: 5_000 }

/** A model to be had, and how patiently. */
export interface FetchSpec {
  what: string
  timeoutMs: number
  attempts: number
}

/** What both roles stand on: the post, the tasks on the side, what is reported, and that all of it ends. */
export class Session {
  readonly parts: FedAvgComponents
  readonly init: FedAvgInit
  readonly status: LearnerStatus = { phase: 'idle', round: 0, steps: 0 }
  readonly tasks = new Tasks()
  readonly post: ModelPost
  readonly changes: Condition
  readonly #role: () => Role
  readonly #startMs: number
  #answer: DeadlineState = initDeadline(ANSWER)

  constructor(parts: FedAvgComponents, init: FedAvgInit, role: () => Role) {
    const { network, vectors, trainer, waits, clock } = parts
    this.parts = parts
    this.init = init
    this.#role = role
    this.#startMs = clock.now()
    this.changes = new Condition({ waits, onExpired: () => undefined }) // whoever waits reports
    this.post = new ModelPost({
      network,
      vectors,
      dim: trainer.layout.dim,
      protocol: NOTICE_PROTOCOL,
      window: () => ({ minRound: 0, maxRound: role().maxRound(), maxMemberRound: 0 }),
      onNotice: (from, notice) => role().onNotice(from, notice),
      onRejected: (peer, { code, verdict }) => this.emit({ event: 'model:rejected', peer, code, verdict })
    })
  }

  /** Plays the role; afterwards nothing is left but the models on offer, until the network stops. */
  async run({ signal }: AbortOptions): Promise<void> {
    const { network } = this.parts
    const unsubscribe = [
      network.on('peer:connected', ({ peer }) => this.#role().onConnected(peer)),
      network.on('peer:disconnected', ({ peer }) => this.#role().onDisconnected(peer))
    ]
    this.post.start()
    const within = signal === undefined ? this.tasks.signal : AbortSignal.any([signal, this.tasks.signal])
    const play = this.#role().play({ signal: within })
    try {
      await Promise.race([play, this.tasks.failure])
    } finally {
      await Promise.allSettled([this.tasks.end(new CodedError('ERR_LEARNER_STOPPED', 'the learner has stopped')), play])
      for (const each of unsubscribe) each()
      this.post.close()
    }
  }

  /** Trains a round, in place. @returns false when it was cut short */
  async train(round: number, params: Float32Array, waitedMs: number, signal: AbortSignal): Promise<boolean> {
    const { localSteps } = this.init
    const learningRate = learningRateAt(this.init.learningRate, this.progress(round - 1))
    const report = await this.parts.trainer.train(params, { round, steps: localSteps, learningRate, signal })
    this.status.steps += report.steps
    if (signal.aborted || report.steps < localSteps) return false

    this.status.round = round
    this.emit({ event: 'round:ended', round, loss: report.loss, merged: 0, age: 0, waitedMs })
    return true
  }

  async evaluate(params: Float32Array, round: number, options: EvaluateOptions, final: boolean): Promise<void> {
    const { accuracy, loss } = await this.parts.trainer.evaluate(params, options)
    options.signal?.throwIfAborted()
    this.emit({ event: 'model:evaluated', round, accuracy, loss, final })
  }

  /** Notifies a peer, and again if the message is lost. Rejects when there is no answer to be had. */
  tell(to: Peer, notice: ModelNotice, why: string, attempts: number, options: AbortOptions): Promise<NoticeAnswer> {
    const { clock, waits, network } = this.parts
    const spec = { what: why, from: [to], timeoutMs: deadlineMs(this.#answer) }
    const notify = async (signal: AbortSignal): Promise<NoticeAnswer> => {
      const sinceMs = clock.now()
      const answer = await this.post.notify(to, notice, { signal })
      this.#answer = observePeriod(this.#answer, clock.now() - sinceMs)

      return answer
    }

    return insist(notify, { clock, waits, spec, attempts, isHopeless: () => !network.peers().includes(to) }, options)
  }

  /** Fetches a model, and again if the peer is busy or the connection breaks. */
  fetch(from: Peer, ref: ModelRef, fetch: FetchSpec, options: AbortOptions): Promise<FetchedModel> {
    const { clock, waits, network } = this.parts
    const { what, timeoutMs, attempts } = fetch
    const isHopeless = (): boolean => !network.peers().includes(from)
    const pull = (signal: AbortSignal): Promise<FetchedModel> => this.post.fetch(from, ref, { signal })

    return insist(pull, { clock, waits, spec: { what, from: [from], timeoutMs }, attempts, isHopeless }, options)
  }

  /** For what may fail between two nodes: throws only if this run has ended, or it is a fault of ours. */
  forgive(error: unknown, signal: AbortSignal): void {
    if (signal.aborted) throw signal.reason
    if (!(error instanceof CodedError)) throw error
  }

  /** Fraction of the budget that is spent after so many rounds. */
  progress(rounds: number): number {
    return progressOf(this.init.budget, rounds, this.parts.clock.now() - this.#startMs)
  }

  enter(phase: 'train' | 'settle' | 'done'): void {
    this.status.phase = phase
    this.emit({ event: 'phase:started', phase })
  }

  emit(event: WithoutTime<LearnerEvent>): void {
    this.parts.emit({ ...event, ms: this.parts.clock.now() - this.#startMs } as LearnerEvent)
  }
}

type WithoutTime<E> = E extends LearnerEvent ? Omit<E, 'ms'> : never
