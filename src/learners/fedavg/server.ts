import { CodedError } from '../../interface/errors.ts'
import type { Peer } from '../../interface/network.ts'
import type { Rest } from '../../interface/rest.ts'
import type { AbortOptions } from '../../interface/startable.ts'
import { createRng } from '../../math/philox.ts'
import type { ModelNotice, NoticeAnswer } from '../../wire/notice-codec.ts'
import { type DeadlineState, deadlineMs, initDeadline, observePeriod } from '../adaptive-deadline.ts'
import { Combiner } from '../combiner.ts'
import { EvaluationSchedule } from '../evaluation-schedule.ts'
import type { Role } from '../session.ts'
import { Closings } from './closings.ts'
import { HandOut } from './hand-out.ts'
import { type RoundResult, ServerRound } from './server-round.ts'
import { evaluateModel, type FedAvgSession } from './session.ts'
import { participantData, type ServerState, serverData } from './state.ts'

/** Of a round. The first one finds cold caches, and nothing is known of how fast the nodes are. */
const DEADLINE = { initialMs: 30_000, minMs: 1_000, maxMs: 120_000 }
/** A round that ran into its deadline may have been too short for its nodes: it counts as having taken so many of it. */
const EXPIRED_FACTOR = 2

/** Nodes in the order in which round `round` draws them. The same for the same nodes, however they are listed. */
export function drawOrder(nodes: readonly Peer[], seed: number, round: number): Peer[] {
  return createRng(seed, `fedavg:${round}`).shuffle([...nodes].sort())
}

/** Draws, sends out, averages, round by round, and gives everyone the final model. */
export class Server implements Role {
  readonly #session: FedAvgSession
  readonly #closings: Closings
  readonly #schedule: EvaluationSchedule
  readonly #combiner: Combiner
  readonly #isResumed: boolean
  /** Until it goes on. */
  #earlier: ServerState | undefined
  /** The model after the last round, shape (dim), of the post. */
  #params: Float32Array | undefined
  #round: number
  /** The newest round that is over. */
  #over: number
  /** No round of this life is over yet. */
  #isNew = true
  #current: ServerRound | undefined
  #handOut: HandOut | undefined
  #deadline: DeadlineState = initDeadline(DEADLINE)

  /** @param earlier - what an earlier life of this server left */
  constructor(session: FedAvgSession, earlier?: ServerState) {
    this.#session = session
    this.#isResumed = earlier !== undefined
    this.#earlier = earlier
    this.#round = earlier?.round ?? 0
    this.#over = this.#round
    this.#closings = new Closings(session)
    const { budget, evaluations: points } = session.init
    this.#schedule = new EvaluationSchedule({ budget, points, done: earlier?.evaluated })
    this.#combiner = new Combiner({
      vectors: session.parts.vectors,
      rules: session.init.rules ?? {},
      hasOwn: false,
      emit: (event) => session.emit(event)
    })
  }

  maxRound(): number {
    return this.#round
  }

  async play(options: { signal: AbortSignal }): Promise<void> {
    const { post, parts, rests } = this.#session
    const params = post.borrow()
    this.#session.enter('train')
    if (this.#earlier === undefined) await parts.trainer.initialise(params)
    else params.set(this.#earlier.params)
    this.#earlier = undefined
    this.#params = params
    while (this.#session.progress(this.#round) < 1) {
      await this.#playRound(params, options)
      await rests.take(options)
    }

    this.#session.enter('settle')
    this.#handOut = new HandOut(this.#session, this.#round, params)
    const evaluated = evaluateModel(this.#session, { round: this.#round, params }, options, true)
    await Promise.all([evaluated, this.#handOut.run(options)])
    this.#session.enter('done')
  }

  neighbours(): readonly Peer[] {
    return this.#session.parts.network.peers()
  }

  rest(): Omit<Rest, 'isLast'> {
    const { parts, status, elapsedMs } = this.#session
    const { steps } = status
    const [round, params] = [this.#over, this.#params]
    const vectors = params === undefined ? {} : { params }
    const { self } = parts.network
    // one that is stopped before it has a model has nothing to go on from
    const data = params === undefined ? participantData(self) : serverData(this.#schedule.done, self)

    return {
      round,
      steps,
      state: () => ({ round, steps, elapsedMs, vectors, data }),
      ...(params === undefined
        ? {}
        : { evaluate: (options: AbortOptions = {}) => parts.trainer.evaluate(params, options) })
    }
  }

  close(): void {
    this.#combiner.close()
  }

  onNotice(from: Peer, notice: ModelNotice): NoticeAnswer {
    const refused = { taken: false, round: this.#round }
    if (notice.kind === 'trained') return this.#current?.onTrained(from, notice) ?? refused
    if (notice.kind === 'final') this.#handOut?.onServed(from)
    if (notice.kind === 'closed') this.#handOut?.onAsked(from)

    return refused
  }

  onConnected(peer: Peer): void {
    this.#handOut?.onAsked(peer)
  }

  onDisconnected(peer: Peer): void {
    this.#current?.onDisconnected(peer)
    this.#handOut?.onDisconnected(peer)
  }

  async #playRound(params: Float32Array, options: { signal: AbortSignal }): Promise<void> {
    const { parts, init, post } = this.#session
    const { network } = parts
    options.signal.throwIfAborted()
    const round = ++this.#round
    const timeoutMs = deadlineMs(this.#deadline)
    const candidates = drawOrder([network.self, ...network.peers()], init.seed, round)
    this.#current = new ServerRound(this.#session, {
      round,
      candidates,
      params,
      timeoutMs,
      closings: this.#closings,
      onArrival: this.#onArrival
    })
    const result = await this.#current.run(options)
    this.#current = undefined
    this.#session.status.round = round
    if (result.isExpired) this.#onArrival(EXPIRED_FACTOR * timeoutMs)
    this.#lookAhead(result)
    this.#isNew = false

    try {
      const { exampleCount: examples } = parts.trainer
      const { models: updates, expected } = result
      await this.#combiner.combineInto({ round, params, examples, updates, expected }, options)
    } finally {
      for (const model of result.models) post.releaseAll(model)
    }
    this.#over = this.#round
    const { expected, waitedMs, models } = result
    this.#session.emit({ event: 'model:aggregated', round, merged: models.length, expected, waitedMs })
    await this.#evaluateWhenDue(params, options)
  }

  /**
   * A server that started again finds its nodes ahead: by the rounds after its last checkpoint, whose numbers they take no
   * more; without one, it has lost the model. Whatever they say, one round is left to be played.
   */
  #lookAhead({ models, newestRefused }: RoundResult): void {
    const { self } = this.#session.parts.network
    if (!this.#isNew || newestRefused === 0 || models.some(({ peer }) => peer !== self)) return
    if (this.#isResumed) {
      const { rounds = Infinity } = this.#session.init.budget
      this.#round = Math.max(this.#round, Math.min(newestRefused, rounds - 1))
      return
    }

    const message = `this server has started again, and its nodes are in round ${newestRefused} already`
    throw new CodedError('ERR_SERVER_LOST', message, { server: self, round: newestRefused })
  }

  readonly #onArrival = (delayMs: number): void => {
    this.#deadline = observePeriod(this.#deadline, delayMs)
  }

  async #evaluateWhenDue(params: Float32Array, options: { signal: AbortSignal }): Promise<void> {
    if (!this.#schedule.isDue(this.#round, this.#session.elapsedMs)) return

    const limited = { ...options, limit: this.#session.init.evaluationLimit }
    await evaluateModel(this.#session, { round: this.#round, params }, limited, false)
  }
}
