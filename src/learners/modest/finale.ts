import { CodedError } from '../../interface/errors.ts'
import type { ModelRef, Peer, Unsubscribe } from '../../interface/network.ts'
import type { AbortOptions } from '../../interface/startable.ts'
import { hashBytes, hashText } from '../../wire/hex.ts'
import type { ModelNotice, NoticeAnswer } from '../../wire/notice-codec.ts'
import { Slots } from '../slots.ts'
import type { HeldModel } from './parts.ts'
import { OVER_TOPIC } from './protocol.ts'
import type { RoundContext } from './round-context.ts'

/** Members that fetch the final model at a time: they share one uplink. */
const MAX_FETCHING = 16
/** For one member to fetch it, with others at the same time. */
const FETCH_MS = 60_000
/** A transfer may break off. */
const FETCH_ATTEMPTS = 3
/** Members that may wait for their turn. */
const MAX_WAITING = 100_000

/**
 * The end of a job: the aggregator of the last round hands the final model to
 * every member, and everybody stays until all that live have it. A member
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
  #closed = false
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

  /** Nobody needs this node any more. */
  get closed(): boolean {
    return this.#closed
  }

  onFinal(from: Peer, { round, ref }: ModelNotice): NoticeAnswer {
    const { members } = this.#context
    if (this.#model !== undefined) {
      // it has one already, of this aggregator or another
      return { taken: false, round: members.round }
    }
    this.announced(from, { ...ref, round })

    return { taken: true, round: members.round }
  }

  /** A peer has the final model. */
  announced(from: Peer, ref: ModelRef & { round: number }): void {
    if (this.#ref !== undefined) return
    this.#ref = ref
    this.#context.tasks.spawn((signal) => this.#fetch(from, ref, signal))
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
    const spec = { what: 'the final model to be fetched', from: [peer], timeoutMs: FETCH_MS }
    await changed.until(() => this.#finished.has(peer), spec, options)
  }

  async #fetch(from: Peer, ref: ModelRef & { round: number }, signal: AbortSignal): Promise<void> {
    const { members, changed } = this.#context
    const { round } = ref
    for (let attempt = 0; attempt < FETCH_ATTEMPTS && this.#model === undefined; attempt++) {
      const encoded = await this.#tryToFetch(from, ref, signal)
      if (encoded !== undefined) this.#model = { round, ref, encoded }
    }
    if (this.#model === undefined) {
      // the next ping finds another who has it
      this.#ref = undefined
      return
    }
    members.observe(round)
    changed.notify()
    await this.#context.notify(from, { kind: 'closed', round, ref }, { signal })
  }

  async #tryToFetch(from: Peer, ref: ModelRef, signal: AbortSignal): Promise<Uint8Array | undefined> {
    const { post } = this.#context
    try {
      const { encoded, params } = await post.fetch(from, ref, { signal })
      post.release(params)
      post.offerEncoded(encoded)

      return encoded
    } catch (error) {
      if (signal.aborted || !(error instanceof CodedError)) throw error
      return undefined
    }
  }
}
