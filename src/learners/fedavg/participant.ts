import { CodedError } from '../../interface/errors.ts'
import type { ModelRef, Peer } from '../../interface/network.ts'
import type { Rest } from '../../interface/rest.ts'
import type { WaitSpec } from '../../interface/waits.ts'
import { encodedModelBytes } from '../../wire/model-codec.ts'
import { type ModelNotice, NO_DIGEST, type NoticeAnswer, type NoticeKind } from '../../wire/notice-codec.ts'
import type { FetchedModel } from '../model-post.ts'
import type { Offering } from '../offering.ts'
import type { Parcel } from '../parcel.ts'
import type { Role } from '../session.ts'
import { evaluateModel, type FedAvgSession, offerModel, trainRound } from './session.ts'
import { participantData } from './state.ts'

/** Rounds are uint32 on the wire. */
const MAX_ROUND = 0xffff_ffff
/** Of what the server must hear or give: losing it costs a round, or the result. */
const ATTEMPTS = 6
/** What a wait for the server, and asking after it, take of the time in which it must give a sign. */
const PATIENCE = 3

interface Order {
  round: number
  ref: ModelRef
}

/** Trains what the server sends, round by round, and asks after it when it is silent. */
export class Participant implements Role {
  readonly #session: FedAvgSession
  readonly #server: Peer
  /** Of the round that was last taken; no earlier one is. */
  #newest: Order = { round: 0, ref: { hash: '', bytes: 0 } }
  #wanted: Order | undefined
  /** Newest round that was trained to its end. */
  #trained = 0
  #final: Order | undefined
  /** Ends the round being worked on. */
  #work: AbortController | undefined
  #offered: { round: number; offering: Offering } | undefined
  #heardMs: number

  constructor(session: FedAvgSession, server: Peer) {
    this.#session = session
    this.#server = server
    this.#heardMs = session.parts.clock.now()
  }

  maxRound(): number {
    return this.#session.init.budget.rounds ?? MAX_ROUND
  }

  async play(options: { signal: AbortSignal }): Promise<void> {
    this.#session.enter('train')
    for (;;) {
      await this.#awaitWord(options)
      await this.#session.rests.take(options)
      if (this.#final !== undefined) {
        if (await this.#finish(this.#final, options)) return
        this.#final = undefined // the server will say it again, if it lives
      } else if (this.#wanted !== undefined) {
        const order = this.#wanted
        this.#wanted = undefined
        await this.#takePart(order, options)
      }
    }
  }

  neighbours(): readonly Peer[] {
    return [this.#server]
  }

  /** Between rounds this node holds no model: the next one comes from the server. */
  rest(): Omit<Rest, 'isLast'> {
    const { status, elapsedMs } = this.#session
    const { round, steps } = status

    const data = participantData(this.#server)

    return { round, steps, state: () => ({ round, steps, elapsedMs, vectors: {}, data }) }
  }

  close(): void {}

  onNotice(from: Peer, { kind, round, ref }: ModelNotice): NoticeAnswer {
    const answer = (taken: boolean): NoticeAnswer => ({ taken, round: this.#newest.round })
    if (from !== this.#server) return answer(false)

    this.#heardMs = this.#session.parts.clock.now()
    if (kind === 'closed') this.#close(round)
    if (kind === 'aggregated') return answer(this.#take({ round, ref }))
    if (kind !== 'final') return answer(false)

    this.#final = { round, ref }
    this.#interrupt('the run is over')
    return answer(true)
  }

  onConnected(): void {
    this.#session.changes.notify()
  }

  onDisconnected(): void {
    this.#session.changes.notify()
  }

  /**
   * The same order again is no new one, but was taken. When nothing is being done about it, the server has started again:
   * it has the model once more while it is here, and draws another node when it is gone, as none trains a round twice.
   */
  #take(order: Order): boolean {
    if (order.round === this.#newest.round) {
      if (order.ref.hash !== this.#newest.ref.hash) return false
      const isBusy = this.#work !== undefined && !this.#work.signal.aborted
      if (isBusy || this.#final !== undefined) return true
      if (this.#trained >= order.round && this.#offered?.round !== order.round) return false
      this.#want(order)
      return true
    }
    if (order.round < this.#newest.round || this.#final !== undefined) return false

    this.#newest = order
    this.#want(order)
    return true
  }

  #want(order: Order): void {
    this.#wanted = order
    this.#interrupt('a newer round has begun')
  }

  /** The round is over: its model is no longer needed, finished or not. */
  #close(round: number): void {
    if (this.#wanted !== undefined && this.#wanted.round <= round) this.#wanted = undefined
    if (this.#newest.round <= round) this.#interrupt('the round is over')
    if (this.#offered !== undefined && this.#offered.round <= round) this.#withdraw()
  }

  #interrupt(why: string): void {
    this.#work?.abort(new CodedError('ERR_LEARNER_STOPPED', why))
    this.#session.changes.notify()
  }

  /** @throws {CodedError} ERR_SERVER_LOST */
  async #awaitWord(options: { signal: AbortSignal }): Promise<void> {
    const { changes, init, parts } = this.#session
    const came = (): boolean => this.#wanted !== undefined || this.#final !== undefined
    while (!came()) {
      const silentMs = parts.clock.now() - this.#heardMs
      if (silentMs >= init.lingerMs) {
        const message = `no sign of life of the server for ${Math.round(silentMs)} ms, after round ${this.#newest.round}`
        throw new CodedError('ERR_SERVER_LOST', message, { server: this.#server, silentMs, round: this.#newest.round })
      }
      const spec = this.#spec(`a word of the server after round ${this.#newest.round}`)
      if (await changes.until(came, spec, options)) return
      await this.#askAfterServer(options)
      await this.#session.rests.take(options)
    }
  }

  /** Not to be drawn for long is no fault; not to answer is. */
  async #askAfterServer(options: { signal: AbortSignal }): Promise<void> {
    const { parts } = this.#session
    if (!parts.network.peers().includes(this.#server)) return

    const spec = this.#spec('a sign of life of the server')
    try {
      const ask = (signal: AbortSignal): Promise<NoticeAnswer> =>
        this.#session.tell(this.#server, this.#notice('closed'), 'an answer of the server', ATTEMPTS, { signal })
      await parts.waits.run(spec, ask, options)
      this.#heardMs = parts.clock.now()
    } catch (error) {
      this.#session.forgive(error, options.signal)
      this.#session.emit({ event: 'wait:expired', what: spec.what, from: spec.from })
    }
  }

  async #takePart(order: Order, { signal }: { signal: AbortSignal }): Promise<void> {
    const { clock } = this.#session.parts
    const work = new AbortController()
    const either = AbortSignal.any([signal, work.signal])
    this.#work = work
    const sinceMs = clock.now()
    let model: Parcel | undefined
    try {
      if (this.#offered?.round === order.round) return await this.#handIn(this.#offered, either)
      model = await this.#fetch(order, either)
      const local = { round: order.round, params: model.params, waitedMs: clock.now() - sinceMs }
      const trained = await trainRound(this.#session, local, either)
      if (trained !== undefined) {
        this.#trained = order.round
        model = trained
        await this.#deliver(order.round, trained, either)
      }
    } catch (error) {
      if (!work.signal.aborted || signal.aborted) this.#session.forgive(error, signal)
    } finally {
      this.#work = undefined
      if (model !== undefined) this.#session.post.releaseAll(model)
    }
  }

  async #deliver(round: number, model: Parcel, signal: AbortSignal): Promise<void> {
    this.#withdraw()
    const offered = { round, offering: offerModel(this.#session, round, model) }
    this.#offered = offered
    await this.#handIn(offered, signal)
  }

  async #handIn({ round, offering }: { round: number; offering: Offering }, signal: AbortSignal): Promise<void> {
    const why = `the server to take the model of round ${round}`
    const notice = this.#notice('trained', round, offering.refFor(this.#server))
    const { taken } = await this.#session.tell(this.#server, notice, why, ATTEMPTS, { signal })
    if (!taken) this.#withdraw()
  }

  /** @returns false when the model could not be had */
  async #finish(order: Order, options: { signal: AbortSignal }): Promise<boolean> {
    const { post } = this.#session
    let params: Float32Array
    try {
      params = (await this.#fetch(order, options.signal)).params
    } catch (error) {
      this.#session.forgive(error, options.signal)
      return false
    }

    const evaluated = evaluateModel(this.#session, { round: order.round, params }, options, true)
    await Promise.all([evaluated, this.#confirm(order, options)])
    post.release(params)
    this.#session.enter('done')
    return true
  }

  /** Lets the server go. */
  async #confirm({ round, ref }: Order, { signal }: { signal: AbortSignal }): Promise<void> {
    const why = 'the server to hear that the final model is here'
    try {
      await this.#session.tell(this.#server, this.#notice('final', round, ref), why, ATTEMPTS, { signal })
    } catch (error) {
      this.#session.forgive(error, signal)
    }
  }

  #fetch({ round, ref }: Order, signal: AbortSignal): Promise<FetchedModel> {
    return this.#session.fetch(this.#server, ref, `the model of round ${round}`, ATTEMPTS, { signal })
  }

  #withdraw(): void {
    this.#offered?.offering.withdraw()
    this.#offered = undefined
  }

  #spec(what: string): WaitSpec & { what: string; from: readonly Peer[] } {
    return { kind: 'turn', what, from: [this.#server], timeoutMs: this.#session.init.lingerMs / PATIENCE }
  }

  #notice(kind: NoticeKind, round = this.#newest.round, ref?: ModelRef): ModelNotice {
    const { layout, exampleCount } = this.#session.parts.trainer
    const none = { hash: '0'.repeat(64), bytes: encodedModelBytes(layout.dim) }

    return { kind, round, ref: ref ?? none, examples: exampleCount, members: [], digest: NO_DIGEST }
  }
}
