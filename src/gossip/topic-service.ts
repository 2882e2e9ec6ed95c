import { type GossipSub, type Message, type TopicValidatorFn, TopicValidatorResult } from '@libp2p/gossipsub'
import type { PeerId } from '@libp2p/interface'
import type { Clock } from '../interface/clock.ts'
import { CodedError, RejectedError } from '../interface/errors.ts'
import type { MessageHandler, Peer, Unsubscribe } from '../interface/network.ts'
import { EncodeError } from '../wire/byte-writer.ts'
import { MAX_MESSAGE_BYTES } from '../wire/limits.ts'
import type { Judge } from './judge.ts'
import type { GossipLimits } from './limits.ts'
import type { PeerTable } from './peer-table.ts'
import { TokenBuckets } from './token-bucket.ts'

export interface TopicServiceComponents {
  pubsub: GossipSub
  /** `starling/<job>/`: comes before every topic's name. */
  prefix: string
  peers: PeerTable
  judge: Judge
  clock: Clock
  limits: GossipLimits
  /** Told of what a handler throws that is no rejection: a bug of ours. */
  onError: (error: unknown) => void
}

/** Points for each message too many, or of a topic we never subscribed to: some fifty of them are enough. */
const EXCESS_POINTS = 1

/** gossipsub asks for the validator of a message's topic: there is one for all, unknown topics included. */
class OneValidator extends Map<string, TopicValidatorFn> {
  readonly #validate: TopicValidatorFn

  constructor(validate: TopicValidatorFn) {
    super()
    this.#validate = validate
  }

  override get(): TopicValidatorFn {
    return this.#validate
  }
}

/**
 * Broadcasts over gossipsub. A message is delivered, and its verdict applied,
 * before it is passed on: what we refuse does not travel through us.
 *
 * Authors are authenticated by their signature; the author is who a handler
 * sees as sender, and who answers for the content.
 */
export class TopicService {
  readonly #components: TopicServiceComponents
  readonly #handlers = new Map<string, Set<MessageHandler>>()
  readonly #authors: TokenBuckets
  readonly #sources: TokenBuckets
  #started = false
  /** Messages refused unread: over a rate, from strangers, or of topics not ours. */
  dropped = 0

  constructor(components: TopicServiceComponents) {
    const { limits } = components
    this.#components = components
    this.#authors = new TokenBuckets({
      perSecond: limits.announcementsPerSecond,
      burst: limits.announcementBurst,
      maxPeers: 8 * limits.maxConnections
    })
    this.#sources = new TokenBuckets({
      perSecond: limits.forwardsPerSecond,
      burst: limits.forwardBurst,
      maxPeers: 2 * limits.maxConnections
    })
    components.pubsub.topicValidators = new OneValidator((source, message) => this.#validate(source, message))
  }

  /** Call after the host has started. */
  start(): void {
    this.#started = true
    for (const topic of this.#handlers.keys()) this.#components.pubsub.subscribe(topic)
  }

  stop(): void {
    this.#started = false
  }

  /** @throws {EncodeError} ERR_ENCODE_LIMIT above 64 KiB; {CodedError} ERR_NETWORK_STOPPED */
  async publish(name: string, bytes: Uint8Array): Promise<void> {
    if (bytes.byteLength > MAX_MESSAGE_BYTES) {
      throw new EncodeError(`announcement of ${bytes.byteLength} bytes, limit ${MAX_MESSAGE_BYTES}`)
    }
    if (!this.#started) throw new CodedError('ERR_NETWORK_STOPPED', 'the network is not running')

    await this.#components.pubsub.publish(this.#components.prefix + name, bytes)
  }

  subscribe(name: string, handler: MessageHandler): Unsubscribe {
    const topic = this.#components.prefix + name
    const handlers = this.#handlers.get(topic) ?? new Set()
    this.#handlers.set(topic, handlers)
    handlers.add(handler)
    if (this.#started && handlers.size === 1) this.#components.pubsub.subscribe(topic)

    return () => {
      if (!handlers.delete(handler) || handlers.size > 0) return
      this.#handlers.delete(topic)
      if (this.#started) this.#components.pubsub.unsubscribe(topic)
    }
  }

  #validate(sourceId: PeerId, message: Message): TopicValidatorResult {
    const source = sourceId.toString()
    const author = message.type === 'signed' ? message.from.toString() : source
    if (!this.#isExpected(source, author, message.topic)) {
      this.dropped++
      return TopicValidatorResult.Ignore
    }

    return this.#deliver(author, message)
  }

  /** The cheap tests, before anything is decoded. */
  #isExpected(source: Peer, author: Peer, topic: string): boolean {
    const { peers, judge, clock } = this.#components
    const now = clock.now()
    if (!peers.has(source) || judge.isRefused(author)) return false

    if (!this.#handlers.has(topic)) {
      judge.charge(source, EXCESS_POINTS, 'ERR_TOPIC_UNKNOWN')
      return false
    }
    if (!this.#sources.take(source, now)) {
      judge.charge(source, EXCESS_POINTS, 'ERR_ANNOUNCEMENT_FLOOD')
      return false
    }
    if (!this.#authors.take(author, now)) {
      // who merely passes it on may not know yet
      if (author === source) judge.charge(source, EXCESS_POINTS, 'ERR_ANNOUNCEMENT_FLOOD')
      return false
    }

    return true
  }

  #deliver(author: Peer, { topic, data }: Message): TopicValidatorResult {
    try {
      for (const handler of this.#handlers.get(topic) ?? []) handler(author, data)
      return TopicValidatorResult.Accept
    } catch (error) {
      if (!(error instanceof RejectedError)) {
        this.#components.onError(error)
        return TopicValidatorResult.Ignore
      }
      this.#components.judge.reject(author, error)
      return error.verdict === 'penalise' ? TopicValidatorResult.Reject : TopicValidatorResult.Ignore
    }
  }
}
