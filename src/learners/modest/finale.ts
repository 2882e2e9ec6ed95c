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
/** Members that may wait for their turn. */
const MAX_WAITING = 100_000

/**
 * The end of a job: the aggregator of the last round hands the final model to
 * every member, who hands it on; everybody stays until all that live have it. A member
 * that misses it learns of it by its next ping, and fetches it from whoever
 * answered.
 */
export class Finale {
  readonly #context: RoundContext
  /** Announced or had. */
  #ref: (ModelRef & { round: number }) | undefined
  #model: HeldModel | undefined
  /** Members that said that they have it. */
  readonly #finished = new Set<Peer>()
  /** Who has it, while it is being fetched: each is told when it is here. */
  readonly #sources: Peer[] = []
  #closed = false
  #isHandingOut = false
  #unsubscribe: Unsubscribe | undefined

  constructor(context: RoundContext) {
    this.#context = context
  }

  /** For pings: the final model, once this node can hand it on. */
  get ref(): (ModelRef & { round: number }) | undefined {
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
    const { members } = this.#context
    // it has one already, of this aggregator or another
    const isWanted = this.#model === undefined && this.#sources.length < MAX_SOURCES && this.#isDue(round)
    if (!isWanted) return { taken: false, round: members.round }
    this.announced(from, { ...ref, round })

    return { taken: true, round: members.round }
  }

  /** A peer has the final model. */
  announced(from: Peer, ref: ModelRef & { round: number }): void {
    if (this.#model !== undefined || this.#sources.length >= MAX_SOURCES || !this.#isDue(ref.round)) return
    if (this.#ref !== undefined && this.#ref.hash !== ref.hash) return
    if (!this.#sources.includes(from)) this.#sources.push(from)
    if (this.#ref !== undefined) return
    this.#ref = ref
    this.#context.tasks.spawn((signal) => this.#fetch(ref, signal))
  }

  /** Nobody can end a job before its rounds are over. Of seconds, another node may have counted more. */
  #isDue(round: number): boolean {
    const { rounds, seconds } = this.#context.init.budget

    return rounds === undefined || seconds !== undefined || round > rounds
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

  async #fetch(ref: ModelRef & { round: number }, signal: AbortSignal): Promise<void> {
    const { members, changed } = this.#context
    const { round } = ref
    for (let attempt = 0; attempt < FETCH_ATTEMPTS && this.#model === undefined; attempt++) {
      const from = this.#sources[attempt % this.#sources.length]!
      const encoded = await this.#tryToFetch(from, ref, signal)
      if (encoded !== undefined) this.#model = { round, ref, encoded }
    }
    const sources = this.#sources.splice(0)
    if (this.#model === undefined) {
      // the next ping finds another who has it
      this.#ref = undefined
      return
    }
    members.observe(round)
    changed.notify()
    await Promise.all(sources.map((peer) => this.#context.notify(peer, { kind: 'closed', round, ref }, { signal })))
    await this.#handOn(ref, signal)
  }

  /** So that one node's uplink does not have to feed the whole swarm. */
  async #handOn({ round, ...ref }: ModelRef & { round: number }, signal: AbortSignal): Promise<void> {
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
