import type { GossipSub } from '@libp2p/gossipsub'
import type { PeerId } from '@libp2p/interface'
import type { Clock } from '../interface/clock.ts'
import { RejectedError } from '../interface/errors.ts'
import type { Peer } from '../interface/network.ts'
import { peerOfMultihash } from '../wire/peer-key.ts'
import { BoundedMap } from './bounded-map.ts'
import type { Judge } from './judge.ts'
import type { GossipLimits } from './limits.ts'
import type { PeerTable } from './peer-table.ts'
import { TokenBuckets } from './token-bucket.ts'

interface RawMessage {
  readonly topic: string
  readonly data?: Uint8Array
  readonly from?: Uint8Array
  readonly seqno?: Uint8Array
}

interface Rpc {
  readonly subscriptions: readonly unknown[]
  readonly messages: readonly RawMessage[]
}

/** What gossipsub has inside; its interface shows less. */
interface Internals {
  handleReceivedRpc: (from: PeerId, rpc: Rpc) => Promise<void>
  decodeRpc: (bytes: Uint8Array) => Rpc
  readonly score: { rejectInvalidMessage: (source: Peer, topic: string) => void }
}

/** What a topic is to us: `past` ones we have left, which others may not have heard of yet. */
export type TopicState = 'subscribed' | 'past' | 'unknown'

export interface AnnouncementGateComponents {
  peers: PeerTable
  judge: Judge
  clock: Clock
  limits: GossipLimits
  /** Whether what this author writes may count: where it may not, nobody passes it on either. @default everybody's may */
  mayTrain?: ((author: Peer) => boolean) | undefined
  topicState: (topic: string) => TopicState
}

/**
 * Points for each message or RPC too many: some nine hundred of them in a row
 * are enough. An honest peer whose messages piled up while this machine stood
 * still for a while stays below that.
 */
const EXCESS_POINTS = 0.05
/** Points for each message of a topic we never had: nobody could know it from us. */
const TOPIC_POINTS = 1
/** Bytes of an author's id: those of Ed25519 keys have 38. */
const MAX_AUTHOR_BYTES = 64
const SEQNO_BYTES = 8

/** Stands for an RPC that could not be decoded, so that it is counted against its sender. */
const UNDECODABLE: Rpc = { subscriptions: [], messages: [] }

/**
 * Stands before gossipsub and lets through what may cost something: checking
 * a signature, an entry in its caches. Whoever brings a message answers for
 * how many there are.
 *
 * It has to come first: gossipsub notes a message as seen before it asks a
 * validator, so whatever a validator drops for the fault of the one who
 * brought it would be lost from its author as well.
 */
export class AnnouncementGate {
  readonly #components: AnnouncementGateComponents
  readonly #rpcs: TokenBuckets
  readonly #sources: TokenBuckets
  readonly #bytes: TokenBuckets
  /** By who brings it and who is said to have written it: nobody can use up what others bring of an author. */
  readonly #authors: TokenBuckets
  /** Authors' ids as text, by their bytes: to write it takes longer than all the other tests. */
  readonly #names: BoundedMap<string, Peer>
  /** Messages and RPCs dropped unread. */
  dropped = 0

  constructor(components: AnnouncementGateComponents) {
    const { forwardsPerSecond, forwardBurst, announcementsPerSecond, announcementBurst, maxConnections } =
      components.limits
    const perSource = { perSecond: forwardsPerSecond, burst: forwardBurst, maxPeers: 2 * maxConnections }
    this.#components = components
    this.#names = new BoundedMap(components.limits.maxMembers)
    this.#rpcs = new TokenBuckets(perSource)
    this.#sources = new TokenBuckets(perSource)
    this.#bytes = new TokenBuckets({
      perSecond: components.limits.bytesPerSecond,
      burst: components.limits.byteBurst,
      maxPeers: 2 * maxConnections
    })
    this.#authors = new TokenBuckets({
      perSecond: announcementsPerSecond,
      burst: announcementBurst,
      maxPeers: 16 * maxConnections
    })
  }

  /** Call once, before the host starts. */
  attach(pubsub: GossipSub): void {
    const inside = pubsub as unknown as Internals
    const handle = inside.handleReceivedRpc.bind(pubsub)
    inside.handleReceivedRpc = async (from, rpc) => {
      if (this.#admitsRpc(from.toString(), rpc)) await handle(from, this.#filtered(from, rpc))
    }

    const decode = inside.decodeRpc.bind(pubsub)
    inside.decodeRpc = (bytes) => {
      try {
        return decode(bytes)
      } catch {
        return UNDECODABLE
      }
    }

    // called for each message whose signature is not that of its author
    inside.score.rejectInvalidMessage = (source) => this.#components.judge.reject(source, forged())
  }

  #admitsRpc(source: Peer, rpc: Rpc): boolean {
    const { judge, clock } = this.#components
    if (judge.isRefused(source)) return this.#drop()
    if (rpc !== UNDECODABLE && this.#rpcs.take(source, clock.now())) return true

    judge.charge(source, EXCESS_POINTS, rpc === UNDECODABLE ? 'ERR_ANNOUNCEMENT_MALFORMED' : 'ERR_ANNOUNCEMENT_FLOOD')
    return this.#drop()
  }

  #filtered(from: PeerId, rpc: Rpc): Rpc {
    if (rpc.messages.length === 0) return rpc

    const source = from.toString()
    const id = textOf(from.toMultihash().bytes)
    return { ...rpc, messages: rpc.messages.filter((message) => this.#admits(source, id, message)) }
  }

  /** The cheap tests. An author is only what the message says: its signature has not been checked yet. */
  #admits(source: Peer, sourceId: string, { topic, data, from, seqno }: RawMessage): boolean {
    const { peers, judge, clock } = this.#components
    if (judge.isRefused(source)) return this.#drop()
    if (!peers.has(source)) return this.#excess(source) // says its hello later, or never

    if (from === undefined || from.byteLength > MAX_AUTHOR_BYTES || seqno?.byteLength !== SEQNO_BYTES) {
      judge.reject(source, forged())
      return this.#drop()
    }

    const author = textOf(from)
    const now = clock.now()
    if (!this.#sources.take(source, now)) return this.#excess(source)
    if (!this.#bytes.take(source, now, data?.byteLength ?? 0)) return this.#excess(source)
    // who merely passes messages on may not know yet that they are too many
    if (!this.#authors.take(`${source} ${author}`, now))
      return author === sourceId ? this.#excess(source) : this.#drop()

    return this.#isAuthor(author, from) && this.#isWanted(source, topic)
  }

  /** Who brings it may know more than we do: it is not charged. */
  #isAuthor(key: string, id: Uint8Array): boolean {
    const { mayTrain } = this.#components
    if (mayTrain === undefined) return true

    const author = this.#names.get(key) ?? peerOfMultihash(id)
    if (author === undefined) return this.#drop()
    this.#names.set(key, author)

    return mayTrain(author) || this.#drop()
  }

  #isWanted(source: Peer, topic: string): boolean {
    const state = this.#components.topicState(topic)
    if (state === 'subscribed') return true

    if (state === 'unknown') this.#components.judge.charge(source, TOPIC_POINTS, 'ERR_TOPIC_UNKNOWN')
    return this.#drop()
  }

  #excess(source: Peer): false {
    this.#components.judge.charge(source, EXCESS_POINTS, 'ERR_ANNOUNCEMENT_FLOOD')

    return this.#drop()
  }

  #drop(): false {
    this.dropped++

    return false
  }
}

/** Bytes as a key of a map. */
function textOf(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes)
}

function forged(): RejectedError<'ERR_ANNOUNCEMENT_SIGNATURE'> {
  return new RejectedError('ERR_ANNOUNCEMENT_SIGNATURE', 'penalise', 'an announcement not signed by its author')
}
