import { CodedError, RejectedError } from '../interface/errors.ts'
import type { ToldModel } from '../interface/learner.ts'
import type { ModelRef, Network, Peer, Unsubscribe } from '../interface/network.ts'
import type { AbortOptions } from '../interface/startable.ts'
import type { VectorMath } from '../interface/vectors.ts'
import {
  decodeNotice,
  decodeNoticeAnswer,
  encodeNotice,
  encodeNoticeAnswer,
  type ModelNotice,
  type NoticeAnswer,
  type NoticeExpectation
} from '../wire/notice-codec.ts'
import { judged } from './judged.ts'
import { decodeParcelInto, encodeParcel, type Parcel, parcelBytes, parcelOf } from './parcel.ts'
import { Slots } from './slots.ts'
import { ToldModels } from './told-models.ts'

/** Notices under way at a time: they are small, and wait for an answer most of the time. */
const MAX_NOTICES = 16
/** Pulls at a time. More would only share the same link, and each holds a model in memory. */
const MAX_PULLS = 4
/** Work in line; a learner that asks for more has lost count. */
const MAX_WAITING = 1024

export interface ModelPostInit {
  network: Network
  vectors: VectorMath
  dim: number
  /** Of the notices: `modest/notice`. */
  protocol: string
  /** Rounds that may come now; from the learner's own state. */
  window: () => Omit<NoticeExpectation, 'bytes' | 'trainedBytes'>
  /** Which notices are about models that come with their Fisher vectors; none when absent. */
  fisherWith?: FisherWith | undefined
  /** A notice that passed the decoder; decides at once whether the model is wanted. */
  onNotice: (from: Peer, notice: ModelNotice) => NoticeAnswer
  onRejected: (peer: Peer, error: RejectedError) => void
  /** Sees every model that was fetched, shape (dim); may not keep the vector. */
  onModel?: (from: Peer, params: Float32Array) => void
}

export type FisherWith = 'trained' | 'all'

/** A model from a peer, checked; its vectors are the caller's until {@link ModelPost.release}. */
export interface FetchedModel extends Parcel {
  /** As it came, to be offered to others; maybe shared: don't write it. */
  readonly encoded: Uint8Array
}

/**
 * Models between named peers: the sender offers a model and notifies one peer
 * of it, who answers whether it wants the model and fetches it. Deadlines are
 * the caller's: everything that takes a while takes a signal.
 *
 * Vectors come from the VectorMath's own memory and go back to it at once: an
 * idle node holds none.
 */
export class ModelPost {
  readonly #init: ModelPostInit
  readonly #notices = new Slots({ slots: MAX_NOTICES, maxWaiting: MAX_WAITING })
  readonly #pulls = new Slots({ slots: MAX_PULLS, maxWaiting: MAX_WAITING })
  /** How often each model on offer was offered, by hash. */
  readonly #offers = new Map<string, number>()
  readonly #lent = new Set<Float32Array>()
  readonly #told = new ToldModels()
  #running: AbortController | undefined
  #unhandle: Unsubscribe | undefined

  constructor(init: ModelPostInit) {
    this.#init = init
  }

  /** Takes notices from now on. */
  start(): void {
    if (this.#running !== undefined) return

    this.#running = new AbortController()
    this.#unhandle = this.#init.network.handle(this.#init.protocol, { request: this.#onRequest })
  }

  /** Takes no more notices and ends what is under way. Models stay on offer, vectors with those who have them. */
  stop(): void {
    this.#running?.abort(stopped())
    this.#running = undefined
    this.#unhandle?.()
    this.#unhandle = undefined
  }

  /** Stops, and gives every vector back, those with callers included. Models stay on offer until the network stops. */
  close(): void {
    this.stop()
    for (const params of this.#lent) this.release(params)
  }

  /** Models on offer, and vectors with callers: both should be few. */
  get held(): { offers: number; vectors: number } {
    return { offers: this.#offers.size, vectors: this.#lent.size }
  }

  /** Models that peers, and this node, told of last. */
  get told(): ToldModel[] {
    return this.#told.list()
  }

  /** Encodes a model and lets peers pull it, until {@link withdraw}n as often as it was offered. */
  offer(params: Float32Array, fisher?: Float32Array): ModelRef {
    return this.offerEncoded(encodeParcel(parcelOf(params, fisher)))
  }

  /** As {@link offer}, for a model that came from a peer. The bytes are kept, not copied. */
  offerEncoded(encoded: Uint8Array): ModelRef {
    const ref = this.#init.network.offer(encoded)
    this.#offers.set(ref.hash, (this.#offers.get(ref.hash) ?? 0) + 1)

    return ref
  }

  withdraw({ hash }: ModelRef): void {
    const count = this.#offers.get(hash)
    if (count === undefined) return
    if (count > 1) {
      this.#offers.set(hash, count - 1)
      return
    }
    this.#offers.delete(hash)
    this.#init.network.withdraw(hash)
  }

  /**
   * Tells a peer of a model on offer here.
   *
   * @throws {CodedError} ERR_SLOTS_FULL, ERR_LEARNER_STOPPED, ERR_PEER_UNKNOWN and others of the network
   * @throws {RejectedError} for an answer that is none
   */
  async notify(to: Peer, notice: ModelNotice, options: AbortOptions): Promise<NoticeAnswer> {
    const { network, protocol } = this.#init
    const signal = this.#within(options)
    this.#note(network.self, notice)
    const ask = (): Promise<Uint8Array> => network.request(to, protocol, encodeNotice(notice), { signal })

    return this.#judged(to, async () => decodeNoticeAnswer(await this.#notices.run(ask, { signal })))
  }

  /**
   * Pulls a model and checks it.
   *
   * @throws {CodedError} ERR_SLOTS_FULL, ERR_LEARNER_STOPPED, ERR_MEMORY_EXHAUSTED, ERR_MODEL_* and others of the network
   * @throws {RejectedError} for bytes that are no model of this job
   */
  async fetch(from: Peer, ref: ModelRef, options: AbortOptions): Promise<FetchedModel> {
    const signal = this.#within(options)
    const pull = async (): Promise<FetchedModel> => {
      const encoded = await this.#init.network.pull(from, ref, { signal })
      signal.throwIfAborted() // nobody would take the vector

      const parcel = judged(this.#init.network, from, () => this.decode(encoded))
      this.#init.onModel?.(from, parcel.params)

      return { encoded, ...parcel }
    }

    return this.#judged(from, () => this.#pulls.run(pull, { signal }))
  }

  /** A vector of zeros, shape (dim), the caller's until {@link release}. */
  borrow(): Float32Array {
    const params = this.#init.vectors.allocate(this.#init.dim)
    this.#lent.add(params)

    return params
  }

  /** Takes back what {@link fetch} or {@link borrow} gave; a second time, or after {@link close}, does nothing. */
  release(vector: Float32Array): void {
    if (this.#lent.delete(vector)) this.#init.vectors.free(vector)
  }

  /** The same for a model with its Fisher vector. */
  releaseAll({ params, fisher }: Parcel): void {
    this.release(params)
    if (fisher !== undefined) this.release(fisher)
  }

  /**
   * What is in an encoded model, with its Fisher vector if there is room for one: how long it may be was settled when it
   * was announced. The vectors are the caller's until {@link release}.
   *
   * @throws {RejectedError} as `decodeParcelInto`
   */
  decode(encoded: Uint8Array): Parcel {
    const hasFisher = encoded.length > parcelBytes(this.#init.dim, { hasFisher: false })
    const params = this.borrow()
    let parcel: Parcel = { params }
    try {
      if (hasFisher) parcel = { params, fisher: this.borrow() }
      decodeParcelInto(encoded, parcel)

      return parcel
    } catch (error) {
      this.releaseAll(parcel)
      throw error
    }
  }

  async #judged<T>(peer: Peer, work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      if (error instanceof RejectedError) this.#init.onRejected(peer, error)
      throw error
    }
  }

  #within({ signal }: AbortOptions): AbortSignal {
    if (this.#running === undefined) throw stopped()

    return signal === undefined ? this.#running.signal : AbortSignal.any([this.#running.signal, signal])
  }

  readonly #onRequest = async (from: Peer, bytes: Uint8Array): Promise<Uint8Array> => {
    const { dim, window, fisherWith, onNotice } = this.#init
    const notice = decodeNotice(bytes, {
      bytes: parcelBytes(dim, { hasFisher: fisherWith === 'all' }),
      trainedBytes: parcelBytes(dim, { hasFisher: fisherWith !== undefined }),
      ...window()
    })

    this.#note(from, notice)

    return encodeNoticeAnswer(onNotice(from, notice))
  }

  #note(peer: Peer, { kind, round, ref }: ModelNotice): void {
    // the others may name no model at all
    if (kind === 'trained' || kind === 'aggregated') this.#told.note(peer, round, ref)
  }
}

function stopped(): CodedError {
  return new CodedError('ERR_LEARNER_STOPPED', 'the learner has stopped')
}
