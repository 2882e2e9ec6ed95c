import type { ModelRef, Peer, Unsubscribe } from '../../interface/network.ts'
import type { AbortOptions } from '../../interface/startable.ts'
import type { WaitSpec } from '../../interface/waits.ts'
import { createRng } from '../../math/philox.ts'
import { hashBytes, hashText } from '../../wire/hex.ts'
import type { ModelNotice, NoticeAnswer } from '../../wire/notice-codec.ts'
import { isBug } from '../bug.ts'
import { Slots } from '../slots.ts'
import type { HeldModel } from './parts.ts'
import { OVER_TOPIC } from './protocol.ts'
import type { RoundContext } from './round-context.ts'

/** Members that fetch the final model at a time: they share one uplink. */
const MAX_FETCHING = 16
/** For one member to fetch it, with others at the same time. */
const FETCH_MS = 60_000
/** Members that each new owner tells: the news then doubles with every transfer. */
const FANOUT = 3
/** A transfer may break off. */
const FETCH_ATTEMPTS = 4
/** Owners of the final model that are remembered while one of them is asked for it. */
const MAX_SOURCES = 8
/** Members whose word for a final model is remembered before it is believed. */
const MAX_TOLD = 64
/** Own time, of the job's seconds, after which one peer's word that they are over is enough: clocks begin apart. */
const NEARLY = 0.9
/** So many times as many rounds as usual may be over that this node has not heard of. */
const FINAL_RUSH = 2
/** Members that are asked, as often as that, whether the job is over, by a node that can't know: it is given a minute. */
const ASKED = 5
const TURNS = 10
const TURN_MS = 2_000
/** Members that may wait for their turn. */
const MAX_WAITING = 100_000

type FinalRef = ModelRef & { round: number }

/**
 * The end of a job: the aggregator of the last round hands the final model to
 * every member, who hands it on; everybody stays until all that live have it. A member
 * that misses it learns of it by its next ping, and fetches it from whoever
 * answered.
 */
export class Finale {
  readonly #context: RoundContext
  /** Announced or had. */
  #ref: FinalRef | undefined
  #model: HeldModel | undefined
  /** Members that said that they have it. */
  readonly #finished = new Set<Peer>()
  /** Who has it, while it is being fetched: each is told when it is here. */
  readonly #sources: Peer[] = []
  /** What each peer says the final model is, before it is believed, or while another is fetched. */
  readonly #told = new Map<Peer, FinalRef>()
  #isAsking = false
  #closed = false
  #isHandingOut = false
  #unsubscribe: Unsubscribe | undefined

  constructor(context: RoundContext) {
    this.#context = context
  }

  /** For pings: the final model, once this node can hand it on. */
  get ref(): FinalRef | undefined {
    return this.#model === undefined ? undefined : this.#ref
  }

  get model(): HeldModel | undefined {
    return this.#model
  }

  /** The end of the job has been announced here: no more rounds. */
  get begun(): boolean {
    return this.#ref !== undefined
  }

  /** This node gives it to all the others. */
  get isHandingOut(): boolean {
    return this.#isHandingOut
  }

  /** Nobody needs this node any more. */
  get closed(): boolean {
    return this.#closed
  }

  /** The job was over in an earlier life of this node, which has the model still. */
  restore(model: HeldModel): void {
    this.#ref = { ...model.ref, round: model.round }
    this.#model = model
    this.#context.post.offerEncoded(model.encoded)
  }

  onFinal(from: Peer, { round, ref }: ModelNotice): NoticeAnswer {
    return { taken: this.announced(from, { ...ref, round }), round: this.#context.members.round }
  }

  /** A peer has the final model. @returns whether it is wanted, if it is what the peer says */
  announced(from: Peer, ref: FinalRef): boolean {
    const { rounds, seconds } = this.#context.init.budget
    // it has one already; or what has no end has none, whoever says so
    if (this.#model !== undefined || (rounds === undefined && seconds === undefined)) return false
    this.#told.delete(from)
    this.#told.set(from, ref)
    if (this.#told.size > MAX_TOLD) this.#told.delete([...this.#told.keys()][0]!)
    if (this.#ref !== undefined) this.#addSources(this.#ref)
    else if (this.#isKnownDue(ref)) this.#begin(ref)
    else this.#context.tasks.spawn((signal) => this.#askAround(signal))

    return true
  }

  #begin(ref: FinalRef): void {
    this.#ref = ref
    this.#addSources(ref)
    this.#context.tasks.spawn((signal) => this.#fetch(ref, signal))
  }

  #addSources({ hash }: ModelRef): void {
    for (const [peer, ref] of this.#told) {
      if (ref.hash !== hash || this.#sources.length >= MAX_SOURCES) continue
      this.#told.delete(peer)
      if (!this.#sources.includes(peer)) this.#sources.push(peer)
    }
  }

  /**
   * Nobody can end a job alone before its time: of rounds, several must say that the last one has begun, of seconds, this
   * node's own clock, or else several must have the same final model.
   */
  #isKnownDue({ round, hash }: FinalRef): boolean {
    const { members, init, elapsedMs } = this.#context
    const { rounds, seconds } = init.budget
    if (rounds !== undefined && round > rounds && members.commonRound >= round - 1) return true
    if (seconds !== undefined && elapsedMs() >= NEARLY * 1000 * seconds) return true
    const words = [...this.#told.values()].filter((told) => told.hash === hash).length

    return words >= Math.max(1, members.witnesses)
  }

  /** What one peer says and this node can't know, others know, or will soon: whoever has the model says so to a ping. */
  async #askAround(signal: AbortSignal): Promise<void> {
    if (this.#isAsking) return
    this.#isAsking = true
    const { members, sampler, clock, init, self } = this.#context
    const rng = createRng(init.seed, `modest:over:${self}`)
    try {
      for (let turn = 0; turn < TURNS && this.#ref === undefined; turn++) {
        const others = members.joined().filter((peer) => peer !== self)
        await Promise.all(
          rng
            .shuffle(others)
            .slice(0, ASKED)
            .map((peer) => sampler.ask(peer, { signal }))
        )
        if (this.#beginDue()) return
        await clock.sleep(TURN_MS, { signal })
      }
    } finally {
      this.#isAsking = false
    }
  }

  /** Once others have been asked how far they are: these may not have heard of the last rounds either. */
  #isDue(ref: FinalRef): boolean {
    const { members, init } = this.#context
    const { rounds } = init.budget

    return (
      this.#isKnownDue(ref) ||
      (rounds !== undefined && ref.round > rounds && ref.round <= members.plausibleRound(FINAL_RUSH))
    )
  }

  /** @returns whether one of those told of is fetched now */
  #beginDue(): boolean {
    const due = [...this.#told.values()].find((ref) => this.#isDue(ref))
    if (due !== undefined && this.#ref === undefined) this.#begin(due)

    return this.#ref !== undefined
  }

  /** A peer has the final model too, or says that all have. */
  onClosed(from: Peer, notice: ModelNotice): void {
    if (this.#ref?.hash !== notice.ref.hash) return
    this.#finished.add(from)
    this.#context.changed.notify()
  }

  /** Hears when the one who handed the model out is through. */
  start(): void {
    this.#unsubscribe = this.#context.network.subscribe(OVER_TOPIC, (_from, bytes) => {
      if (hashText(bytes) !== this.#ref?.hash) return
      this.#closed = true
      this.#context.changed.notify()
    })
  }

  stop(): void {
    this.#unsubscribe?.()
  }

  /** This node aggregated the final model: hands it to everyone who answers. */
  async handOut(model: HeldModel, { signal }: AbortOptions): Promise<void> {
    const { members, network, self, changed } = this.#context
    if (this.#model !== undefined) return
    this.#ref = { ...model.ref, round: model.round }
    this.#model = model
    this.#isHandingOut = true
    changed.notify()
    const slots = new Slots({ slots: MAX_FETCHING, maxWaiting: MAX_WAITING })
    const options = signal === undefined ? {} : { signal }
    const others = [...new Set([...members.joined(), ...network.peers()])].filter((peer) => peer !== self)
    await Promise.all(others.map((peer) => slots.run(() => this.#handTo(peer, model, options), options)))
    // nobody need wait any longer
    await network.publish(OVER_TOPIC, hashBytes(model.ref.hash))
    this.#closed = true
    changed.notify()
  }

  async #handTo(peer: Peer, model: HeldModel, options: AbortOptions): Promise<void> {
    const { changed } = this.#context
    const { round, ref } = model
    const answer = await this.#context.notify(peer, { kind: 'final', round, ref }, options)
    // gone, or it has one already
    if (answer?.taken !== true) return
    const spec: WaitSpec = { kind: 'peers', what: 'the final model to be fetched', from: [peer], timeoutMs: FETCH_MS }
    await changed.until(() => this.#finished.has(peer), spec, options)
  }

  async #fetch(ref: FinalRef, signal: AbortSignal): Promise<void> {
    const { members, changed } = this.#context
    const { round } = ref
    for (let attempt = 0; attempt < FETCH_ATTEMPTS && this.#model === undefined; attempt++) {
      const from = this.#sources[attempt % this.#sources.length]!
      const encoded = await this.#tryToFetch(from, ref, signal)
      if (encoded !== undefined) this.#model = { round, ref, encoded }
    }
    const sources = this.#sources.splice(0)
    if (this.#model === undefined) {
      // another may have been told of meanwhile, or the next ping finds one who has it
      this.#ref = undefined
      this.#beginDue()
      return
    }
    this.#told.clear()
    members.observe(round)
    changed.notify()
    await Promise.all(sources.map((peer) => this.#context.notify(peer, { kind: 'closed', round, ref }, { signal })))
    await this.#handOn(ref, signal)
  }

  /** So that one node's uplink does not have to feed the whole swarm. */
  async #handOn({ round, ...ref }: FinalRef, signal: AbortSignal): Promise<void> {
    const { members, self, init } = this.#context
    const others = members.joined().filter((peer) => peer !== self)
    const drawn = createRng(init.seed, `modest:final:${self}`).shuffle(others).slice(0, FANOUT)
    await Promise.all(drawn.map((peer) => this.#context.notify(peer, { kind: 'final', round, ref }, { signal })))
  }

  async #tryToFetch(from: Peer, ref: ModelRef, signal: AbortSignal): Promise<Uint8Array | undefined> {
    const { post } = this.#context
    try {
      const { encoded, params } = await post.fetch(from, ref, { signal })
      post.release(params)
      post.offerEncoded(encoded)

      return encoded
    } catch (error) {
      if (signal.aborted || isBug(error)) throw error
      return undefined
    }
  }
}
