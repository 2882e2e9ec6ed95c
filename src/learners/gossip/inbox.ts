import type { Clock } from '../../interface/clock.ts'
import { CodedError, RejectedError } from '../../interface/errors.ts'
import type { ModelRef, Network, Peer } from '../../interface/network.ts'
import type { VectorMath } from '../../interface/vectors.ts'
import type { Update } from '../../merge/update.ts'
import { judged } from '../judged.ts'
import { decodeParcelInto, type Parcel, parcelBytes, parcelOf } from '../parcel.ts'

/** Pulls at a time. More would only share the same link, and each holds a model in memory. */
const MAX_PULLS = 4

export interface Offer {
  round: number
  examples: number
  ref: ModelRef
  /** The sender trains no more: this model counts in every round until the next one comes. */
  lasting: boolean
}

interface Sender {
  /** Rounds only order one sender's models: a peer that lies about its round can only silence itself. */
  newestRound: number
  wanted?: Offer
  pulling: boolean
  /** The newest model; one that is neither fresh nor lasting is not kept. */
  update?: Update
  fresh: boolean
  lasting: boolean
  arrivedMs?: number
  /** Left; forgotten as soon as nothing of it is here. */
  gone: boolean
}

export interface InboxInit {
  network: Network
  clock: Clock
  vectors: VectorMath
  dim: number
  /** Whether models come with their Fisher vectors. */
  hasFisher: boolean
  /** Most senders remembered; announcements of others are dropped while it is full. */
  maxSenders: number
  onRejected: (peer: Peer, error: RejectedError) => void
  /** Sees every model that arrives, shape (dim); may not keep the vector. */
  onModel?: (peer: Peer, params: Float32Array) => void
  /** How long a sender took from one model to the next. */
  onPeriod: (periodMs: number) => void
  /** Something arrived, or can no longer arrive. */
  onChange: () => void
}

/**
 * Which models to count: `fresh` ones, not merged yet, or those `current`:
 * fresh, and the last ones of senders that train no more.
 */
export type Which = 'fresh' | 'current'

/**
 * Pulls what peers announce and keeps, of each, the newest model not yet
 * merged. Older ones are overtaken, never queued: at most one model waits per
 * sender, and one more is under way.
 */
export class Inbox {
  readonly #init: InboxInit
  readonly #senders = new Map<Peer, Sender>()
  /** Vectors and receive buffers to use again: rounds allocate no models once they have begun. */
  readonly #spare: Float32Array[] = []
  readonly #buffers: Uint8Array[] = []
  /** Handed over and not yet given back: nothing may be written to their vectors, even when newer ones have come. */
  readonly #taken = new Set<Update>()
  readonly #closed = new AbortController()
  #pulls = 0
  /** Announcements of senders beyond the limit. */
  dropped = 0
  /** Pulls that failed without fault of content: the peer left, was too slow, or no memory was free. */
  failed = 0

  constructor(init: InboxInit) {
    this.#init = init
  }

  /** Peers of which a model is here. */
  ready(which: Which): number {
    let count = 0
    for (const peer of this.#senders.keys()) if (this.has(peer, which)) count++

    return count
  }

  has(peer: Peer, which: Which): boolean {
    const sender = this.#senders.get(peer)

    return sender?.update !== undefined && (sender.fresh || which === 'current')
  }

  /** Notes that `peer` has a newer model; an old or repeated announcement changes nothing. */
  announce(peer: Peer, offer: Offer): void {
    if (this.#closed.signal.aborted) return
    const sender = this.#senders.get(peer) ?? this.#admit(peer)
    if (sender === undefined || offer.round <= sender.newestRound) return

    sender.newestRound = offer.round
    sender.gone = false
    sender.wanted = offer
    this.#pullNext()
  }

  /** Hands models over: they stay as they are until given back with {@link release}, or {@link close}. */
  take(which: Which): Update[] {
    const updates: Update[] = []
    for (const [peer, sender] of this.#senders) {
      if (sender.update !== undefined && this.has(peer, which)) updates.push(sender.update)
      sender.fresh = false
    }
    for (const update of updates) this.#taken.add(update)

    return updates
  }

  release(updates: readonly Update[]): void {
    for (const update of updates) {
      if (!this.#taken.delete(update)) continue
      const sender = this.#senders.get(update.peer)
      if (sender?.update !== update) {
        this.#recycle(update) // a newer one has come
        continue
      }
      if (sender.lasting && !sender.gone) continue

      this.#discard(sender)
      this.#drop(update.peer, sender)
    }
  }

  /** A peer is gone: what it announced can't be had any more; what it delivered stays. */
  forget(peer: Peer): void {
    const sender = this.#senders.get(peer)
    if (sender === undefined) return

    delete sender.wanted
    sender.gone = true
    this.#drop(peer, sender)
    this.#init.onChange()
  }

  /** Nothing of this peer counts any more, what it delivered included; what is being merged is. */
  disown(peer: Peer): void {
    const sender = this.#senders.get(peer)
    if (sender === undefined) return

    this.#discard(sender)
    this.forget(peer)
  }

  /** Ends all pulls and gives the memory back, what was taken included. */
  close(): void {
    this.#closed.abort(new CodedError('ERR_LEARNER_STOPPED', 'the learner has stopped'))
    for (const sender of this.#senders.values()) this.#discard(sender)
    for (const update of this.#taken) this.#recycle(update)
    this.#taken.clear()
    for (const vector of this.#spare.splice(0)) this.#init.vectors.free(vector)
  }

  #discard(sender: Sender): void {
    const { update } = sender
    if (update !== undefined && !this.#taken.has(update)) this.#recycle(update)
    delete sender.update
    sender.fresh = false
  }

  #recycle({ params, fisher }: Parcel): void {
    this.#spare.push(params)
    if (fisher !== undefined) this.#spare.push(fisher)
  }

  /** Room for a model. @throws {CodedError} ERR_MEMORY_EXHAUSTED */
  #room(): Parcel {
    const { vectors, dim, hasFisher } = this.#init
    const next = (): Float32Array => this.#spare.pop() ?? vectors.allocate(dim)
    const params = next()
    try {
      return parcelOf(params, hasFisher ? next() : undefined)
    } catch (error) {
      this.#spare.push(params)
      throw error
    }
  }

  #drop(peer: Peer, { gone, pulling, update }: Sender): void {
    if (gone && !pulling && update === undefined) this.#senders.delete(peer)
  }

  #admit(peer: Peer): Sender | undefined {
    if (this.#senders.size >= this.#init.maxSenders) {
      this.dropped++
      return undefined
    }
    const sender: Sender = { newestRound: -1, pulling: false, fresh: false, lasting: false, gone: false }
    this.#senders.set(peer, sender)

    return sender
  }

  #noteArrival(sender: Sender): void {
    const nowMs = this.#init.clock.now()
    if (sender.arrivedMs !== undefined) this.#init.onPeriod(nowMs - sender.arrivedMs)
    sender.arrivedMs = nowMs
  }

  #pullNext(): void {
    for (const [peer, sender] of this.#senders) {
      if (this.#pulls >= MAX_PULLS) return
      if (sender.wanted !== undefined && !sender.pulling) void this.#pull(peer, sender, sender.wanted)
    }
  }

  async #pull(peer: Peer, sender: Sender, offer: Offer): Promise<void> {
    const { network, dim, hasFisher, onRejected, onChange } = this.#init
    this.#pulls++
    sender.pulling = true
    delete sender.wanted
    let room: Parcel | undefined
    let into: Uint8Array | undefined

    try {
      // inside, as the memory may be full of models: then this one is not had, and no more
      const parcel = this.#room()
      room = parcel
      into = this.#buffers.pop() ?? new Uint8Array(parcelBytes(dim, { hasFisher }))
      const encoded = await network.pull(peer, offer.ref, { signal: this.#closed.signal, into })
      judged(network, peer, () => decodeParcelInto(encoded, parcel))
      this.#init.onModel?.(peer, parcel.params)
      this.#discard(sender)
      this.#noteArrival(sender)
      sender.update = { peer, round: offer.round, examples: offer.examples, ...parcel }
      sender.fresh = true
      sender.lasting = offer.lasting
    } catch (error) {
      if (room !== undefined) this.#recycle(room)
      if (error instanceof RejectedError) onRejected(peer, error)
      else this.failed++
    } finally {
      if (into !== undefined) this.#buffers.push(into)
      this.#pulls--
      sender.pulling = false
      this.#drop(peer, sender)
      if (this.#closed.signal.aborted) this.close()
      else {
        this.#pullNext()
        onChange()
      }
    }
  }
}
