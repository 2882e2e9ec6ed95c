import { type GossipSub, type Message, type TopicValidatorFn, TopicValidatorResult } from '@libp2p/gossipsub'
import type { PeerId } from '@libp2p/interface'
import type { Clock } from '../interface/clock.ts'
import { CodedError, RejectedError } from '../interface/errors.ts'
import type { AnnouncementHandler, Peer, Unsubscribe } from '../interface/network.ts'
import { EncodeError } from '../wire/byte-writer.ts'
import { MAX_MESSAGE_BYTES } from '../wire/limits.ts'
import { AnnouncementGate, type AnnouncementGateComponents, type TopicState } from './announcement-gate.ts'
import type { Judge } from './judge.ts'
import { leaveOutKeys } from './lean-messages.ts'
import type { GossipLimits } from './limits.ts'
import type { PeerTable } from './peer-table.ts'

export interface TopicServiceComponents {
  self: Peer
  pubsub: GossipSub
  /** `starling/<job>/`: comes before every topic's name. */
  prefix: string
  peers: PeerTable
  judge: Judge
  clock: Clock
  limits: GossipLimits
  mayTrain?: AnnouncementGateComponents['mayTrain']
  /** Told of what a handler throws that is no rejection: a bug of ours. */
  onError: (error: unknown) => void
}

/** Points for passing on what an honest peer would have refused: less than for writing it. */
const FORWARD_POINTS = 1

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
  readonly #handlers = new Map<string, Set<AnnouncementHandler>>()
  readonly #gate: AnnouncementGate
  /** Topics we have left; as many as the program has names for. */
  readonly #past = new Set<string>()
  #started = false

  constructor(components: TopicServiceComponents) {
    this.#components = components
    this.#gate = new AnnouncementGate({ ...components, topicState: (topic) => this.#stateOf(topic) })
    this.#gate.attach(components.pubsub)
    leaveOutKeys(components.pubsub)
    components.pubsub.topicValidators = new OneValidator((source, message) => this.#validate(source, message))
  }

  /** Messages refused unread: over a rate, from strangers, or of topics not ours. */
  get dropped(): number {
    return this.#gate.dropped
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

  subscribe(name: string, handler: AnnouncementHandler): Unsubscribe {
    const topic = this.#components.prefix + name
    const handlers = this.#handlers.get(topic) ?? new Set()
    this.#handlers.set(topic, handlers)
    handlers.add(handler)
    if (this.#started && handlers.size === 1) this.#components.pubsub.subscribe(topic)

    return () => {
      if (!handlers.delete(handler) || handlers.size > 0) return
      this.#handlers.delete(topic)
      this.#past.add(topic)
      if (this.#started) this.#components.pubsub.unsubscribe(topic)
    }
  }

  #stateOf(topic: string): TopicState {
    if (this.#handlers.has(topic)) return 'subscribed'

    return this.#past.has(topic) ? 'past' : 'unknown'
  }

  #validate(sourceId: PeerId, message: Message): TopicValidatorResult {
    const { self, judge } = this.#components
    const source = sourceId.toString()
    const author = message.type === 'signed' ? message.from.toString() : source
    // what we wrote ourselves, brought back long after, is no news
    if (!this.#started || author === self || judge.isRefused(author)) return TopicValidatorResult.Ignore

    return this.#deliver(source, author, message)
  }

  #deliver(source: Peer, author: Peer, { topic, data }: Message): TopicValidatorResult {
    try {
      const words = [...(this.#handlers.get(topic) ?? [])].map((handler) => handler(author, data))
      const isEnough = words.length > 0 && words.every((word) => word === 'enough')
      return isEnough ? TopicValidatorResult.Ignore : TopicValidatorResult.Accept
    } catch (error) {
      if (!(error instanceof RejectedError)) {
        this.#components.onError(error)
        return TopicValidatorResult.Ignore
      }
      this.#blame(source, author, error)
      return error.verdict === 'penalise' ? TopicValidatorResult.Reject : TopicValidatorResult.Ignore
    }
  }

  /**
   * The author, when we know it: names cost nothing, and a thousand made-up
   * ones must not push real ones out of the book. Whoever passed it on should
   * have refused it too.
   */
  #blame(source: Peer, author: Peer, error: RejectedError): void {
    const { peers, judge } = this.#components
    if (peers.has(author)) judge.reject(author, error)
    if (author !== source && error.verdict === 'penalise') judge.charge(source, FORWARD_POINTS, error.code)
  }
}
