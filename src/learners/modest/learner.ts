import type { RejectedError } from '../../interface/errors.ts'
import type { LearnerEvent } from '../../interface/events.ts'
import type { Learner, LearnerStatus, LearnerView } from '../../interface/learner.ts'
import type { MemberRecord } from '../../interface/membership.ts'
import type { Peer } from '../../interface/network.ts'
import type { AbortOptions } from '../../interface/startable.ts'
import type { WaitSpec } from '../../interface/waits.ts'
import { createRng } from '../../math/philox.ts'
import { encodedModelBytes } from '../../wire/model-codec.ts'
import type { Pong } from '../../wire/modest-codec.ts'
import type { ModelNotice, NoticeAnswer } from '../../wire/notice-codec.ts'
import { Condition } from '../condition.ts'
import { withoutNumbers } from '../earlier-life.ts'
import { ModelPost } from '../model-post.ts'
import { Rests } from '../rests.ts'
import { needsFisher } from '../rules.ts'
import { Tasks } from '../tasks.ts'
import type { UntimedEvent } from '../untimed-event.ts'
import { Aggregator } from './aggregator.ts'
import { Finale } from './finale.ts'
import { IdleCheck } from './idle-check.ts'
import { Joining } from './joining.ts'
import { Members } from './members.ts'
import { Participant } from './participant.ts'
import type { ModestComponents, ModestInit } from './parts.ts'
import { Patience } from './patience.ts'
import { NOTICE_PROTOCOL } from './protocol.ts'
import { Resting } from './resting.ts'
import type { OutgoingNotice, RoundContext } from './round-context.ts'
import { Sampler } from './sampler.ts'
import { type ModestState, readModestState } from './state.ts'

/** Most members remembered: 50 bytes each, and those of a hostile peer's making drop out unsampled. */
const MAX_MEMBERS = 100_000
/** Nothing but the first model, that everybody has. */
const NONE_HELD = -1
/** Whoever hands the final model out leaves last: a member that is fetching it may have nobody else. */
const HAND_OUT_MS = 600_000

/**
 * MoDeST: in each round a hash orders the members anew; the first `sample`
 * that answer a ping train, the first `aggregators` that do merge what they
 * trained and hand the result to the next sample. Nobody coordinates; views
 * of the members differ a little, and that does no harm.
 *
 * Source: de Vos, Dhasade, Bourgeois, Kermarrec and others, "Decentralized
 * Learning Made Practical with Client Sampling", arXiv:2302.13837, with
 * deviations: models are pulled by hash after a notice; an aggregator waits
 * under a deadline that follows the rounds seen, and below half of its quorum
 * for a minute; participants hand their models to the next in the order when
 * an aggregator falls silent; that a member did not answer is part of the
 * view; joins are broadcast; when everyone that trained the last round is
 * gone, the members that have come furthest start it again.
 */
export class ModestLearner implements Learner {
  readonly #parts: ModestComponents
  readonly #init: ModestInit
  readonly #context: RoundContext
  readonly #tasks = new Tasks()
  readonly #patience: Patience
  readonly #joining: Joining
  readonly #participant: Participant
  readonly #aggregator: Aggregator
  readonly #finale: Finale
  readonly #idle: IdleCheck
  readonly #resting: Resting
  #earlier: ModestState | undefined
  #startMs = 0
  #phase: LearnerStatus['phase'] = 'idle'

  /** @throws {CheckpointError} ERR_CHECKPOINT_DIM, ERR_CHECKPOINT_STATE for an earlier life that is none of this learner's */
  constructor(components: ModestComponents, given: ModestInit) {
    const init = withoutNumbers(given)
    const { network, clock, waits, vectors, trainer } = components
    this.#parts = components
    this.#init = init
    this.#earlier = given.resume === undefined ? undefined : readModestState(given.resume, trainer.layout.dim)
    this.#patience = new Patience({ clock })
    const rng = createRng(init.seed, `modest:${network.self}`)
    const changed = new Condition({
      waits,
      onExpired: (what, from) => this.#emit({ event: 'wait:expired', what, from })
    })
    const members = new Members({
      network,
      clock,
      rng,
      sample: init.sample,
      window: init.activityWindow,
      maxMembers: MAX_MEMBERS,
      earlier: this.#earlier === undefined ? undefined : swarmOf(this.#earlier),
      onMember: (peer, status, round) => this.#emit({ event: 'member:changed', peer, status, round }),
      onChange: () => changed.notify()
    })
    const post = new ModelPost({
      network,
      vectors,
      dim: trainer.layout.dim,
      protocol: NOTICE_PROTOCOL,
      fisherWith: needsFisher(init.rules) ? 'trained' : undefined,
      window: () => ({ minRound: 1, maxRound: members.maxRound, maxMemberRound: members.maxRound }),
      onNotice: (from, notice) => this.#onNotice(from, notice),
      onRejected: (peer, error) => this.#onRejected(peer, error),
      onModel: (peer, params) => init.attacker?.observe(peer, params)
    })
    const sampler = new Sampler({
      network,
      patience: this.#patience,
      waits,
      members,
      hash: init.hash,
      modelBytes: encodedModelBytes(trainer.layout.dim),
      pong: () => this.#pong(),
      onPong: (peer, pong) => this.#onPong(peer, pong)
    })
    const context: RoundContext = {
      self: network.self,
      network,
      dim: trainer.layout.dim,
      init,
      trainer,
      vectors,
      clock,
      members,
      sampler,
      post,
      tasks: this.#tasks,
      changed,
      rests: new Rests({ visitor: init.rest, waits, now: () => this.#resting.now() }),
      isSettled: (round) => this.#participant.settled >= round || members.round > round || this.#finale.begun,
      elapsedMs: () => clock.now() - this.#startMs,
      notify: (to, notice, options) => this.#notify(to, notice, options),
      emit: (event) => this.#emit(event)
    }
    this.#context = context
    this.#joining = new Joining({ context, waits })
    this.#participant = new Participant({
      context,
      deliverOwn: (round, model) => this.#aggregator.onOwn(round, model)
    })
    this.#finale = new Finale(context)
    this.#resting = new Resting({ context, participant: this.#participant, finale: this.#finale })
    this.#aggregator = new Aggregator({
      context,
      held: () => this.#participant.held,
      adoptOwn: (model, params) => this.#participant.adoptOwn(model, params),
      onClosed: (round) => this.#participant.onClosed(round),
      onFinal: (model, options) => this.#finale.handOut(model, options)
    })
    this.#idle = new IdleCheck({
      context,
      rng,
      held: () => this.#participant.held?.round ?? NONE_HELD,
      refused: () => this.#participant.refused,
      onStalled: (round, signal) => this.#restart(round, signal)
    })
  }

  get status(): LearnerStatus {
    return { phase: this.#phase, round: this.#participant.round, steps: this.#participant.steps }
  }

  inspect(): LearnerView {
    const { post, members } = this.#context

    // each round draws others
    return { models: post.told, neighbours: [], members: members.known() }
  }

  /** What this node knows of the members: live, not a copy. */
  get view(): Iterable<[Peer, MemberRecord]> {
    return this.#context.members.view
  }

  /** The newest round of the swarm that this node knows to have begun. */
  get swarmRound(): number {
    return this.#context.members.round
  }

  /** Runs until the swarm's budget is spent and every member that lives has the final model, or the signal aborts. */
  async run(options: AbortOptions = {}): Promise<void> {
    const { members, sampler, post, rests } = this.#context
    this.#startMs = this.#parts.clock.now() - (this.#earlier?.elapsedMs ?? 0)
    const signal =
      options.signal === undefined ? this.#tasks.signal : AbortSignal.any([this.#tasks.signal, options.signal])
    members.start()
    sampler.start()
    post.start()
    this.#finale.start()
    if (this.#earlier !== undefined) this.#goOn(this.#earlier)
    this.#earlier = undefined
    let isFailed = true
    try {
      this.#enter('train')
      this.#tasks.spawn((ended) => this.#resting.nowAndThen(ended))
      if (await this.#joining.join(signal)) this.#beginFirst()
      else this.#tasks.spawn((ended) => this.#joining.repeat(ended))
      await Promise.race([this.#watch(signal), this.#tasks.failure])
      await this.#finish(signal)
      isFailed = false
    } finally {
      if (options.signal?.aborted === true) await this.#joining.leave()
      await this.#tasks.end(new Error('the learner has ended'))
      if (!isFailed || options.signal?.aborted === true) await rests.takeLast()
      this.#aggregator.close()
      post.close()
      this.#finale.stop()
      sampler.stop()
      members.stop()
    }
  }

  #goOn(earlier: ModestState): void {
    this.#participant.restore(earlier)
    if (earlier.held?.isFinal === true) this.#finale.restore(earlier.held)
  }

  /** Everybody knows who trains the first round: nothing need be sent. */
  #beginFirst(): void {
    const { sampler, self } = this.#context
    if (sampler.expected(1, this.#init.sample).includes(self)) this.#participant.begin()
  }

  /** Waits for the end of the job; looks around now and then when nothing new is heard. */
  async #watch(signal: AbortSignal): Promise<void> {
    const { members, changed } = this.#context
    while (this.#finale.model === undefined) {
      const { round } = members
      const spec: WaitSpec = {
        kind: 'turn',
        what: `round ${round + 1}, or the turn of this node`,
        from: [],
        timeoutMs: this.#idle.intervalMs
      }
      const news = await changed.until(() => this.#finale.model !== undefined, spec, { signal, quiet: true })
      this.#aggregator.prune(members.round)
      if (!news) await this.#idle.check(signal)
    }
  }

  async #finish(signal: AbortSignal): Promise<void> {
    const { post, trainer, changed } = this.#context
    const { round, encoded } = this.#finale.model!
    const { params } = post.decode(encoded)
    try {
      const { accuracy, loss } = await trainer.evaluate(params, { signal })
      this.#emit({ event: 'model:evaluated', round: round - 1, accuracy, loss, final: true })
    } finally {
      post.release(params)
    }
    this.#enter('done')
    const timeoutMs = this.#finale.isHandingOut ? HAND_OUT_MS : this.#init.lingerMs
    const spec: WaitSpec = { kind: 'peers', what: 'the other members to have the final model', from: [], timeoutMs }
    await changed.until(() => this.#finale.closed, spec, { signal })
  }

  /** What this node has, when nobody that lives has more. */
  async #restart(round: number, signal: AbortSignal): Promise<void> {
    const { post, trainer } = this.#context
    const { held } = this.#participant
    const params = held === undefined ? post.borrow() : post.decode(held.encoded).params
    try {
      if (held === undefined) await trainer.initialise(params)
      await this.#aggregator.restart(round, params, { signal })
    } finally {
      post.release(params)
    }
  }

  #onNotice(from: Peer, notice: ModelNotice): NoticeAnswer {
    const { members, tasks } = this.#context
    members.merge(notice.members)
    members.heard(from)
    tasks.spawn((signal) => members.sync(from, notice.digest, { signal }))
    // who has trained a round says no more than that it had begun
    members.claimed(from, notice.kind === 'trained' ? notice.round - 1 : notice.round)
    const { round } = members
    switch (notice.kind) {
      case 'trained':
        return this.#finale.begun ? { taken: false, round } : this.#aggregator.onTrained(from, notice)
      case 'aggregated':
        return this.#finale.begun ? { taken: false, round } : this.#participant.onAggregated(from, notice)
      case 'closed':
        this.#finale.onClosed(from, notice)
        if (!this.#aggregator.onFetched(from, notice.round)) this.#participant.onClosedBy(from, notice.round)
        return { taken: true, round }
      case 'final':
        return this.#finale.onFinal(from, notice)
    }
  }

  #pong(): Pong {
    const { round, index } = this.#context.members
    const final = this.#finale.ref

    return { round, index, held: this.#participant.held?.round ?? NONE_HELD, ...(final === undefined ? {} : { final }) }
  }

  #onPong(peer: Peer, pong: Pong): void {
    this.#idle.onPong(peer, pong)
    if (pong.final !== undefined) this.#finale.announced(peer, pong.final)
  }

  async #notify(to: Peer, notice: OutgoingNotice, { signal }: AbortOptions): Promise<NoticeAnswer | undefined> {
    const { members, trainer, post } = this.#context
    const { digest } = members.view
    // news goes where models go; words about models are frequent, and need be short
    const news = notice.kind === 'closed' ? [] : members.news()
    const full = { ...notice, examples: trainer.exampleCount, members: news, digest }
    const answer = await this.#patience.ask((ended) => post.notify(to, full, { signal: ended }), signal)
    if (typeof answer === 'string') {
      members.silent(to)
      return undefined
    }
    if (answer.round <= members.maxRound) members.claimed(to, answer.round)
    members.heard(to)

    return answer
  }

  #onRejected(peer: Peer, { code, verdict }: RejectedError): void {
    this.#emit({ event: 'model:rejected', peer, code, verdict })
  }

  #enter(phase: 'train' | 'done'): void {
    this.#phase = phase
    this.#emit({ event: 'phase:started', phase })
  }

  #emit(event: UntimedEvent): void {
    this.#parts.emit({ ...event, ms: this.#parts.clock.now() - this.#startMs } as LearnerEvent)
  }
}

/** What it knew of the others, without the model. */
function swarmOf({ swarmRound, periodMs, view }: ModestState): Pick<ModestState, 'swarmRound' | 'periodMs' | 'view'> {
  return { swarmRound, periodMs, view }
}
