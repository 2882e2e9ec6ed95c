import { CodedError } from '../../interface/errors.ts'
import type { ModelRef, Peer } from '../../interface/network.ts'
import type { FisherVector } from '../../merge/update.ts'
import { type ModelNotice, NO_DIGEST, type NoticeAnswer } from '../../wire/notice-codec.ts'
import { type DeadlineState, deadlineMs, initDeadline, observePeriod } from '../adaptive-deadline.ts'
import { Offering } from '../offering.ts'
import type { DPSGDSession } from './learner.ts'
import type { Neighbourhood } from './neighbourhood.ts'

/** Rounds are uint32 on the wire. */
const MAX_ROUND = 0xffff_ffff
/** Of a round's models. The first round finds cold caches; then rounds may be short, but no line is that steady. */
const DEADLINE = { initialMs: 30_000, minMs: 2_000, maxMs: 120_000 }
/** A round that ran into its deadline may have been too short for the neighbours: it counts as so many of it. */
const EXPIRED_FACTOR = 2
/** Deadlines for neighbours that answer: they are slow, and to run away from them would cost more than to wait. */
const EXTENSIONS = 3
/** A message that is lost costs a neighbour its round. */
const ATTEMPTS = 6
/** A neighbour that is asked this often without an answer is left out. */
const QUESTIONS = 3
/** The newest, and the one before it for pulls under way. */
const MAX_OFFERED = 2

/** Tells the neighbours of this node's models, fetches theirs, and waits for them. */
export class Exchange {
  readonly #session: DPSGDSession
  readonly #neighbourhood: Neighbourhood
  readonly #neighboursOf: (peer: Peer) => readonly Peer[]
  readonly #offered: Offering[] = []
  /** Each ends telling the neighbours of one round, the newest last. */
  readonly #telling: AbortController[] = []
  /** When the last model of each came, and of which round. */
  readonly #arrivals = new Map<Peer, { round: number; ms: number }>()
  #deadline: DeadlineState = initDeadline(DEADLINE)

  constructor(session: DPSGDSession, neighbourhood: Neighbourhood, neighboursOf: (peer: Peer) => readonly Peer[]) {
    this.#session = session
    this.#neighbourhood = neighbourhood
    this.#neighboursOf = neighboursOf
  }

  get maxRound(): number {
    return this.#session.init.budget.rounds ?? MAX_ROUND
  }

  /** Neighbours that are there. */
  connected(): Peer[] {
    return this.#neighbourhood.among(this.#session.parts.network.peers())
  }

  onNotice(from: Peer, { kind, round, ref }: ModelNotice): NoticeAnswer {
    const answer = (taken: boolean): NoticeAnswer => ({ taken, round: this.#neighbourhood.round })
    if (kind === 'final') this.#neighbourhood.onFinished(from, round)
    this.#session.changes.notify()
    if (kind !== 'trained') return answer(false)

    if (this.#mayBeNeighbour(from) && this.#neighbourhood.adopt(from)) this.#welcome(from)
    const verdict = this.#neighbourhood.onAnnounced(from, round, ref.hash)
    if (verdict === 'wanted') this.#session.tasks.spawn((signal) => this.#fetch(from, round, ref, signal))
    return answer(verdict !== 'useless')
  }

  onDisconnected(peer: Peer): void {
    this.#arrivals.delete(peer)
  }

  send(round: number, fisher: FisherVector | undefined): void {
    const { tasks } = this.#session
    const offering = this.#offer(round, fisher)
    this.#offered.push(offering)
    while (this.#offered.length > MAX_OFFERED) this.#offered.shift()!.withdraw()

    const telling = new AbortController()
    this.#telling.push(telling)
    while (this.#telling.length > MAX_OFFERED) this.#telling.shift()!.abort(overtaken())
    for (const peer of this.connected()) {
      const notice = this.#notice('trained', round, offering.refFor(peer))
      tasks.spawn((signal) => this.#tell(peer, notice, signal), telling)
    }
  }

  /** Waits for the neighbours; at the deadline for those only that give a sign of life, and not for ever. */
  async awaitModels(round: number, options: { signal: AbortSignal }): Promise<void> {
    const missing = (): Peer[] => this.#neighbourhood.missing(this.connected())
    for (let extensions = 0; missing().length > 0; extensions++) {
      const from = missing()
      const timeoutMs = deadlineMs(this.#deadline)
      const what = `models of round ${round} of ${from.length} of ${this.#neighbourhood.size} neighbours`
      if (
        await this.#session.changes.until(
          () => missing().length === 0,
          { kind: 'models', what, from, timeoutMs },
          options
        )
      )
        return

      this.#deadline = observePeriod(this.#deadline, EXPIRED_FACTOR * timeoutMs)
      this.#session.emit({ event: 'wait:expired', what, from: missing() })
      if (extensions >= EXTENSIONS) this.#neighbourhood.leaveOut(missing())
      else await Promise.all(missing().map((peer) => this.#ask(peer, round, options)))
    }
  }

  /** Tells the neighbours that nothing more is needed of them, and stays until they say so too. */
  async takeLeave(options: { signal: AbortSignal }): Promise<void> {
    const { changes, init } = this.#session
    const ref = this.#offered.at(-1)?.common
    if (ref === undefined) return // no round, no neighbour that needs anything

    const { round } = this.#neighbourhood
    const told = this.connected().map((peer) => this.#tell(peer, this.#notice('final', round, ref), options.signal))
    const unfinished = (): Peer[] => this.#neighbourhood.unfinished(this.connected())
    const from = unfinished()
    const spec = {
      kind: 'peers' as const,
      what: `${from.length} neighbours to finish`,
      from,
      timeoutMs: init.lingerMs
    }
    const [isInTime] = await Promise.all([
      changes.until(() => unfinished().length === 0, spec, options),
      Promise.all(told)
    ])
    if (!isInTime) this.#session.emit({ event: 'wait:expired', what: spec.what, from: unfinished() })
  }

  #mayBeNeighbour(peer: Peer): boolean {
    const { members } = this.#session.init

    return members === undefined || members.includes(peer)
  }

  /** It waits for the model of this round already. */
  #welcome(peer: Peer): void {
    const [telling, offering] = [this.#telling.at(-1), this.#offered.at(-1)]
    if (telling === undefined || offering === undefined) return

    const notice = this.#notice('trained', this.#session.status.round, offering.refFor(peer))
    this.#session.tasks.spawn((signal) => this.#tell(peer, notice, signal), telling)
  }

  #offer(round: number, fisher: FisherVector | undefined): Offering {
    const { post, parts, init } = this.#session

    return new Offering({
      post,
      params: parts.trainer.params,
      fisher,
      attacker: init.attacker,
      audience: { round, n: this.#neighbourhood.size + 1, members: parts.network.peers().length + 1 },
      hears: this.#neighboursOf
    })
  }

  async #tell(peer: Peer, notice: ModelNotice, signal: AbortSignal): Promise<void> {
    const what = `a neighbour to hear of round ${notice.round}`
    try {
      const { taken, round } = await this.#session.tell(peer, notice, what, ATTEMPTS, { signal })
      if (!taken) this.#neighbourhood.onRound(peer, Math.min(round, this.maxRound))
    } catch (error) {
      this.#session.forgive(error, signal)
    }
  }

  async #fetch(peer: Peer, round: number, ref: ModelRef, signal: AbortSignal): Promise<void> {
    const { post, changes } = this.#session
    const what = `a model of round ${round}`
    try {
      const { encoded, ...model } = await this.#session.fetch(peer, ref, what, ATTEMPTS, { signal })
      post.releaseAll(model) // checked; early models wait encoded
      if (this.#neighbourhood.onArrived(peer, round, encoded)) this.#observe(peer, round)
    } catch (error) {
      this.#session.forgive(error, signal)
      this.#neighbourhood.onFailed(peer, round)
    } finally {
      changes.notify()
    }
  }

  /** How long a neighbour takes from one round to the next. */
  #observe(peer: Peer, round: number): void {
    const ms = this.#session.parts.clock.now()
    const last = this.#arrivals.get(peer)
    this.#arrivals.set(peer, { round, ms })
    if (last?.round === round - 1) this.#deadline = observePeriod(this.#deadline, ms - last.ms)
  }

  /** Leaves a neighbour out that does not answer, or says that it is through with this round. */
  async #ask(peer: Peer, round: number, { signal }: { signal: AbortSignal }): Promise<void> {
    const question = this.#notice('closed', round, this.#offered.at(-1)!.common)
    try {
      const answer = await this.#session.tell(peer, question, 'a sign of life of a neighbour', QUESTIONS, { signal })
      if (answer.round > round) this.#neighbourhood.onSkipped(peer, round)
    } catch (error) {
      this.#session.forgive(error, signal)
      this.#neighbourhood.onSkipped(peer, round)
      this.#neighbourhood.leaveOut([peer])
    }
  }

  #notice(kind: 'trained' | 'closed' | 'final', round: number, ref: ModelRef): ModelNotice {
    const examples = this.#session.parts.trainer.exampleCount

    return { kind, round, ref, examples, members: [], digest: NO_DIGEST }
  }
}

function overtaken(): CodedError {
  return new CodedError('ERR_LEARNER_STOPPED', 'newer rounds have overtaken this one')
}
