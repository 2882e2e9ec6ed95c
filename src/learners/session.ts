import type { Clock } from '../interface/clock.ts'
import { CodedError } from '../interface/errors.ts'
import type { EventSink, LearnerEvent } from '../interface/events.ts'
import type { LearnerStatus, LearnerView } from '../interface/learner.ts'
import type { ModelRef, Network, Peer } from '../interface/network.ts'
import type { Rest } from '../interface/rest.ts'
import type { AbortOptions } from '../interface/startable.ts'
import type { Trainer } from '../interface/trainer.ts'
import type { VectorMath } from '../interface/vectors.ts'
import { type WaitRegister, type WaitSpec, WaitTimeoutError } from '../interface/waits.ts'
import type { ModelNotice, NoticeAnswer } from '../wire/notice-codec.ts'
import { type DeadlineState, deadlineMs, initDeadline, observePeriod } from './adaptive-deadline.ts'
import { progressOf } from './budget.ts'
import { isBug } from './bug.ts'
import { Condition } from './condition.ts'
import { insist } from './insist.ts'
import type { LearnerInit } from './learner-init.ts'
import { type FetchedModel, type FisherWith, ModelPost } from './model-post.ts'
import { Rests } from './rests.ts'
import { needsFisher } from './rules.ts'
import { Tasks } from './tasks.ts'
import type { UntimedEvent } from './untimed-event.ts'

export interface SessionParts {
  network: Network
  clock: Clock
  waits: WaitRegister
  trainer: Pick<Trainer, 'layout' | 'exampleCount'>
  vectors: VectorMath
  emit: EventSink
}

export type SessionInit = Pick<LearnerInit, 'budget' | 'rules' | 'attacker' | 'rest' | 'resume'>

/** How models travel in one protocol. */
export interface SessionProtocol {
  /** Of the notices. */
  name: string
  /** Which notices' models come with their Fisher vectors, where the merge policy needs them. */
  fisherWith: FisherWith
}

/** What a node does with what comes: one protocol's part in a session. */
export interface Role {
  /** Newest round that a notice may be about. */
  maxRound(): number
  onNotice(from: Peer, notice: ModelNotice): NoticeAnswer
  onConnected(peer: Peer): void
  onDisconnected(peer: Peer): void
  /** Plays the part to its end. */
  play(options: { signal: AbortSignal }): Promise<void>
  /** Whom this node sends to. */
  neighbours(): readonly Peer[]
  /** How it stands, at a rest. */
  rest(): Omit<Rest, 'isLast'>
  /** Gives its memory back, when nobody asks any more. */
  close(): void
}

/** Answers come at once, so this is for the way there and back, and busy machines. */
const ANSWER = { initialMs: 5_000, minMs: 1_000, maxMs: 5_000 }

/**
 * Of a fetch: a transfer that came to nothing is begun again. The first must do for a large model over a slow line;
 * then it is known how long they take.
 */
const FETCH = { initialMs: 60_000, minMs: 2_000, maxMs: 300_000 }
/** A fetch that ran into its deadline may have been too slow for it: it counts as having taken so many of it. */
const EXPIRED_FACTOR = 2

/** What learners with a post stand on: tasks on the side, what is reported, and that all of it ends. */
export class Session<P extends SessionParts = SessionParts, I extends SessionInit = SessionInit> {
  readonly parts: P
  readonly init: I
  readonly status: LearnerStatus
  readonly tasks = new Tasks()
  readonly post: ModelPost
  readonly changes: Condition
  readonly rests: Rests
  readonly #role: () => Role
  readonly #startMs: number
  #answer: DeadlineState = initDeadline(ANSWER)
  #fetch: DeadlineState = initDeadline(FETCH)

  constructor(protocol: SessionProtocol, parts: P, init: I, role: () => Role) {
    const { network, vectors, trainer, waits, clock } = parts
    this.parts = parts
    this.init = init
    this.#role = role
    const { elapsedMs = 0, round = 0, steps = 0 } = init.resume ?? {}
    this.status = { phase: 'idle', round, steps }
    this.#startMs = clock.now() - elapsedMs
    this.rests = new Rests({ visitor: init.rest, waits, now: () => this.#role().rest() })
    this.changes = new Condition({ waits, onExpired: () => undefined }) // whoever waits reports
    this.post = new ModelPost({
      network,
      vectors,
      dim: trainer.layout.dim,
      protocol: protocol.name,
      fisherWith: needsFisher(init.rules) ? protocol.fisherWith : undefined,
      window: () => ({ minRound: 0, maxRound: role().maxRound(), maxMemberRound: 0 }),
      onNotice: (from, notice) => role().onNotice(from, notice),
      onRejected: (peer, { code, verdict }) => this.emit({ event: 'model:rejected', peer, code, verdict }),
      onModel: (peer, params) => init.attacker?.observe(peer, params)
    })
  }

  /** For people. */
  inspect(): LearnerView {
    return { models: this.post.told, neighbours: this.#role().neighbours(), members: undefined }
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
    let isFailed = false
    try {
      await Promise.race([play, this.tasks.failure])
    } catch (error) {
      isFailed = signal?.aborted !== true
      throw error
    } finally {
      await Promise.allSettled([this.tasks.end(new CodedError('ERR_LEARNER_STOPPED', 'the learner has stopped')), play])
      if (!isFailed) await this.rests.takeLast()
      this.#role().close()
      for (const each of unsubscribe) each()
      this.post.close()
    }
  }

  /** Notifies a peer, and again if the message is lost. Rejects when there is no answer to be had. */
  tell(to: Peer, notice: ModelNotice, why: string, attempts: number, options: AbortOptions): Promise<NoticeAnswer> {
    const { clock, waits, network } = this.parts
    const spec: WaitSpec = { kind: 'answer', what: why, from: [to], timeoutMs: deadlineMs(this.#answer) }
    const notify = async (signal: AbortSignal): Promise<NoticeAnswer> => {
      const sinceMs = clock.now()
      const answer = await this.post.notify(to, notice, { signal })
      this.#answer = observePeriod(this.#answer, clock.now() - sinceMs)

      return answer
    }

    return insist(notify, { clock, waits, spec, attempts, isHopeless: () => !network.peers().includes(to) }, options)
  }

  /** Fetches a model, and again if the peer is busy or the transfer fails. */
  async fetch(from: Peer, ref: ModelRef, what: string, attempts: number, options: AbortOptions): Promise<FetchedModel> {
    const { clock, waits, network } = this.parts
    const timeoutMs = deadlineMs(this.#fetch)
    const isHopeless = (): boolean => !network.peers().includes(from)
    const pull = async (signal: AbortSignal): Promise<FetchedModel> => {
      const sinceMs = clock.now()
      const model = await this.post.fetch(from, ref, { signal })
      this.#fetch = observePeriod(this.#fetch, clock.now() - sinceMs)

      return model
    }
    try {
      return await insist(
        pull,
        { clock, waits, spec: { kind: 'transfer', what, from: [from], timeoutMs }, attempts, isHopeless },
        options
      )
    } catch (error) {
      if (error instanceof WaitTimeoutError) this.#fetch = observePeriod(this.#fetch, EXPIRED_FACTOR * timeoutMs)
      throw error
    }
  }

  /** For what may fail between two nodes: throws only if this run has ended, or it is a fault of ours. */
  forgive(error: unknown, signal: AbortSignal): void {
    if (signal.aborted) throw signal.reason
    if (isBug(error)) throw error
  }

  /** Since the run began, earlier lives of this node included. */
  get elapsedMs(): number {
    return this.parts.clock.now() - this.#startMs
  }

  /** Fraction of the budget that is spent after so many rounds. */
  progress(rounds: number): number {
    return progressOf(this.init.budget, rounds, this.elapsedMs)
  }

  enter(phase: 'train' | 'settle' | 'done'): void {
    this.status.phase = phase
    this.emit({ event: 'phase:started', phase })
  }

  emit(event: UntimedEvent): void {
    this.parts.emit({ ...event, ms: this.elapsedMs } as LearnerEvent)
  }
}
