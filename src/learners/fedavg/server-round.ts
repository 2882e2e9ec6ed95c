import { CodedError } from '../../interface/errors.ts'
import type { ModelRef, Peer } from '../../interface/network.ts'
import type { WaitSpec } from '../../interface/waits.ts'
import type { Update } from '../../merge/update.ts'
import { type ModelNotice, NO_DIGEST, type NoticeAnswer } from '../../wire/notice-codec.ts'
import type { Offering } from '../offering.ts'
import type { Parcel } from '../parcel.ts'
import type { Closings } from './closings.ts'
import { type FedAvgSession, offerModel, trainRound } from './session.ts'

/** A node that was invited this often without an answer is replaced. */
const INVITATIONS = 2
/** In the first round, when nodes are still starting: about 8 s. */
const FIRST_INVITATIONS = 6
/** A node that serves others too may be busy for a moment. */
const PULLS = 3

export interface ServerRoundInit {
  round: number
  /** Who may train, in the order in which they are drawn. */
  candidates: readonly Peer[]
  /** The model that the round starts from, shape (dim): only read. */
  params: Float32Array
  timeoutMs: number
  closings: Closings
  /** A model has come, so long after the round began. */
  onArrival: (delayMs: number) => void
}

/** What became of a round. Models lie in vectors of the post: whoever has the result releases them. */
export interface RoundResult {
  /** By peer, in order: what came first makes no difference. */
  models: Update[]
  expected: number
  waitedMs: number
  /** The deadline came first. */
  isExpired: boolean
  /** Newest round that nodes which refused say they are in: two of them, where there are two. 0 when none did. */
  newestRefused: number
}

/** One round at the server: draws nodes until enough take part, and takes their models in. */
export class ServerRound {
  readonly #session: FedAvgSession
  readonly #init: ServerRoundInit
  readonly #offering: Offering
  readonly #size: number
  readonly #startMs: number
  /** Next of the candidates to be drawn. */
  #next = 0
  #inviting = 0
  readonly #invited = new Set<Peer>()
  /** Invited, and a model may still come; the wait of the round shows this very list. */
  readonly #missing: Peer[] = []
  /** The model that each has sent or is sending, by hash. */
  readonly #sent = new Map<Peer, string>()
  readonly #models = new Map<Peer, Update>()
  readonly #ended = new AbortController()
  #firstMs: number | undefined
  /** What each node that refused says of the round it is in. */
  readonly #refused: number[] = []

  constructor(session: FedAvgSession, init: ServerRoundInit) {
    this.#session = session
    this.#init = init
    this.#size = Math.min(session.init.sample, init.candidates.length)
    this.#startMs = session.parts.clock.now()
    this.#offering = offerModel(session, init.round, init)
  }

  async run(options: { signal: AbortSignal }): Promise<RoundResult> {
    const { round, timeoutMs } = this.#init
    const { changes, tasks, parts } = this.#session
    for (let i = 0; i < this.#size; i++) tasks.spawn((signal) => this.#draw(signal), this.#ended)

    try {
      const what = `${this.#needed} of ${this.#size} models of round ${round}`
      const spec: WaitSpec = { kind: 'models', what, from: this.#missing, timeoutMs }
      const isExpired = !(await changes.until(() => this.#isOver(), spec, options))
      if (isExpired) this.#session.emit({ event: 'wait:expired', what, from: [...this.#missing] })

      return this.#result(isExpired, parts.clock.now())
    } finally {
      this.#ended.abort(new CodedError('ERR_LEARNER_STOPPED', `round ${round} is over`))
      this.#offering.withdraw()
      this.#close()
    }
  }

  /** A node has a model: taken once, from whoever was invited. The same word again changes nothing. */
  onTrained(from: Peer, { round, ref, examples }: ModelNotice): NoticeAnswer {
    const answer = (taken: boolean): NoticeAnswer => ({ taken, round: this.#init.round })
    if (round !== this.#init.round || !this.#invited.has(from) || this.#ended.signal.aborted) return answer(false)

    const sent = this.#sent.get(from)
    if (sent !== undefined) return answer(sent === ref.hash)

    if (!this.#missing.includes(from)) this.#missing.push(from) // taken for silent before
    this.#sent.set(from, ref.hash)
    this.#session.tasks.spawn((signal) => this.#fetch(from, ref, examples, signal), this.#ended)
    return answer(true)
  }

  /** What a peer that left has sent stays; more does not come. */
  onDisconnected(peer: Peer): void {
    this.#forget(peer)
  }

  get #needed(): number {
    return Math.ceil(this.#session.init.successFraction * this.#size)
  }

  /** Enough models are here, or no more can come. */
  #isOver(): boolean {
    return this.#models.size >= this.#needed || (this.#inviting === 0 && this.#missing.length === 0)
  }

  /** Invites one node after the other until one takes part. */
  async #draw(signal: AbortSignal): Promise<void> {
    const { candidates } = this.#init
    this.#inviting++
    try {
      while (this.#next < candidates.length) if (await this.#invite(candidates[this.#next++]!, signal)) return
    } finally {
      this.#inviting--
      this.#session.changes.notify()
    }
  }

  /** @returns whether it takes part */
  async #invite(peer: Peer, signal: AbortSignal): Promise<boolean> {
    const { tasks, parts } = this.#session
    this.#invited.add(peer)
    this.#missing.push(peer)
    if (peer === parts.network.self) {
      tasks.spawn((ended) => this.#trainHere(peer, ended), this.#ended)
      return true
    }

    this.#init.closings.overtake(peer)
    const isTaken = await this.#ask(peer, signal)
    if (isTaken || this.#sent.has(peer)) return true // its model may be here before its answer
    this.#forget(peer)
    return false
  }

  async #ask(peer: Peer, signal: AbortSignal): Promise<boolean> {
    const { round } = this.#init
    const attempts = round === 1 ? FIRST_INVITATIONS : INVITATIONS
    try {
      const why = `a node to take part in round ${round}`
      const answer = await this.#session.tell(
        peer,
        this.#notice('aggregated', this.#offering.refFor(peer)),
        why,
        attempts,
        { signal }
      )
      if (!answer.taken) this.#refused.push(answer.round)

      return answer.taken
    } catch (error) {
      this.#session.forgive(error, signal)
      return false
    }
  }

  async #trainHere(self: Peer, signal: AbortSignal): Promise<void> {
    const { post, parts } = this.#session
    const params = post.borrow()
    params.set(this.#init.params)
    try {
      const trained = await trainRound(this.#session, { round: this.#init.round, params, waitedMs: 0 }, signal)
      if (trained !== undefined) this.#arrive(self, parts.trainer.exampleCount, trained)
    } finally {
      if (!this.#models.has(self)) post.release(params)
      this.#forget(self)
    }
  }

  async #fetch(peer: Peer, ref: ModelRef, examples: number, signal: AbortSignal): Promise<void> {
    const { post } = this.#session
    try {
      const what = `a model of round ${this.#init.round}`
      const { encoded: _, ...model } = await this.#session.fetch(peer, ref, what, PULLS, { signal })
      if (signal.aborted) post.releaseAll(model)
      else this.#arrive(peer, examples, model)
    } catch (error) {
      this.#session.forgive(error, signal)
      this.#sent.delete(peer) // it may offer another
    } finally {
      this.#forget(peer)
    }
  }

  #arrive(peer: Peer, examples: number, model: Parcel): void {
    const nowMs = this.#session.parts.clock.now()
    this.#firstMs ??= nowMs
    this.#models.set(peer, { peer, round: this.#init.round, examples, ...model })
    this.#init.onArrival(nowMs - this.#startMs)
  }

  #forget(peer: Peer): void {
    const at = this.#missing.indexOf(peer)
    if (at >= 0) this.#missing.splice(at, 1)
    this.#session.changes.notify()
  }

  #result(isExpired: boolean, nowMs: number): RoundResult {
    const models = [...this.#models.values()].sort((a, b) => (a.peer < b.peer ? -1 : 1))
    // a single one may lie
    const [newest = 0, next = newest] = this.#refused.toSorted((a, b) => b - a)

    return {
      models,
      expected: this.#size,
      waitedMs: this.#firstMs === undefined ? 0 : nowMs - this.#firstMs,
      isExpired,
      newestRefused: next
    }
  }

  /** Those who still train can stop, and those who are done need not keep their model. */
  #close(): void {
    const { self } = this.#session.parts.network
    const notice = this.#notice('closed', this.#offering.common)
    for (const peer of this.#invited) if (peer !== self) this.#init.closings.tell(peer, notice)
  }

  #notice(kind: 'aggregated' | 'closed', ref: ModelRef): ModelNotice {
    const examples = this.#session.parts.trainer.exampleCount

    return { kind, round: this.#init.round, ref, examples, members: [], digest: NO_DIGEST }
  }
}
