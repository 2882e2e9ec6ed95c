import { CodedError, InvalidConfigError } from '../interface/errors.ts'
import type {
  MessageHandler,
  ModelRef,
  Network,
  NetworkEvents,
  Peer,
  ProtocolHandlers,
  PullOptions,
  Traffic,
  Unsubscribe
} from '../interface/network.ts'
import type { AbortOptions } from '../interface/startable.ts'
import type { Wait } from '../interface/waits.ts'
import { EncodeError } from '../wire/byte-writer.ts'
import { isHash } from '../wire/hex.ts'
import { MAX_MESSAGE_BYTES, MAX_MODEL_DIM } from '../wire/limits.ts'
import { encodedModelBytes } from '../wire/model-codec.ts'
import type { Endpoint } from './endpoint.ts'
import { MAX_PULLS } from './limits.ts'
import { MessageArrival, PublicationArrival } from './message.ts'
import { Pull } from './pull.ts'
import { PullCaller } from './pull-caller.ts'
import { Request } from './request.ts'
import { announcementWireBytes, messageWireBytes } from './wire-bytes.ts'
import type { World } from './world.ts'

/**
 * A node's network in the simulator. What learners meet is as with `gossip`:
 * the same limits, deadlines and codes, real encoded bytes, charged with what
 * frames and streams add to them. Different: what is published reaches every
 * connected subscriber once, straight from the publisher, who is charged for
 * each copy (gossipsub passes messages on, and charges everyone a few); and
 * nobody is disconnected for bad behaviour, or refused for talking too much.
 */
export class SimNetwork implements Network {
  readonly self: Peer
  readonly #world: World
  readonly #endpoint: Endpoint
  #nextId = 0

  constructor(world: World, endpoint: Endpoint) {
    this.self = endpoint.peer
    this.#world = world
    this.#endpoint = endpoint
  }

  peers(): readonly Peer[] {
    return this.#endpoint.peers(this.#world.sorted)
  }

  traffic(): Traffic {
    return { ...this.#endpoint.traffic }
  }

  /** Requests and pulls under way. */
  waits(): Wait[] {
    return [...this.#endpoint.exchanges].map(({ waitKind: kind, what, to, sinceMs, untilMs }, id) => ({
      id,
      kind,
      what,
      from: [to.peer],
      sinceMs,
      untilMs
    }))
  }

  /** @throws {EncodeError} ERR_ENCODE_LIMIT above 64 KiB; {CodedError} ERR_NETWORK_STOPPED */
  async publish(topic: string, bytes: Uint8Array): Promise<void> {
    const from = this.#endpoint
    bounded(bytes)
    this.#requireRunning()

    const copy = new Uint8Array(bytes)
    const size = announcementWireBytes(bytes.byteLength)
    for (const to of this.#world.topics.get(topic) ?? []) {
      if (!from.isConnected(to.slot) || to === from) continue
      this.#world.links.transmit(new PublicationArrival(this.#world, from, to, topic, size, copy))
    }
  }

  subscribe(topic: string, handler: MessageHandler): Unsubscribe {
    const endpoint = this.#endpoint
    const { topics } = this.#world
    const handlers = endpoint.topics.get(topic) ?? new Set()
    endpoint.topics.set(topic, handlers.add(handler))
    if (endpoint.isAlive) topics.set(topic, (topics.get(topic) ?? new Set()).add(endpoint))

    return () => {
      if (!handlers.delete(handler) || handlers.size > 0) return
      endpoint.topics.delete(topic)
      topics.get(topic)?.delete(endpoint)
    }
  }

  /**
   * @throws {CodedError} ERR_PEER_UNKNOWN, ERR_NETWORK_STOPPED; {EncodeError} ERR_ENCODE_LIMIT above 64 KiB; the
   * signal's reason
   */
  async send(to: Peer, protocol: string, bytes: Uint8Array, { signal }: AbortOptions = {}): Promise<void> {
    bounded(bytes)
    const peer = this.#connected(to)
    signal?.throwIfAborted()

    const size = messageWireBytes(bytes.byteLength)
    const copy = new Uint8Array(bytes)
    this.#world.links.transmit(new MessageArrival(this.#world, this.#endpoint, peer, protocol, size, copy))
  }

  /**
   * @throws {CodedError} as {@link send}, and ERR_WAIT_TIMEOUT after 15 s; ERR_PROTOCOL_UNKNOWN; ERR_STREAM_CLOSED when
   * the peer refused the request, failed to answer it, or left
   */
  async request(to: Peer, protocol: string, bytes: Uint8Array, { signal }: AbortOptions = {}): Promise<Uint8Array> {
    bounded(bytes)
    const peer = this.#connected(to)
    signal?.throwIfAborted()

    return new Promise((resolve, reject) => {
      new Request(this.#world, this.#endpoint, peer, protocol, resolve, reject, signal).start(new Uint8Array(bytes))
    })
  }

  handle(protocol: string, handlers: ProtocolHandlers): Unsubscribe {
    const known = this.#endpoint.handlers
    if (known.has(protocol)) throw new InvalidConfigError(`protocol "${protocol}" is handled already`)

    known.set(protocol, handlers)
    let isHandled = true
    return () => {
      if (isHandled) known.delete(protocol)
      isHandled = false
    }
  }

  offer(encoded: Uint8Array): ModelRef {
    return this.#endpoint.models.offer(encoded)
  }

  withdraw(hash: string): void {
    this.#endpoint.models.withdraw(hash)
  }

  /**
   * Those who ask `from` for the same model at the same time share the transfer. Without `into` the result is the
   * memory that was offered, not a copy: don't write it.
   *
   * @throws {CodedError} ERR_MODEL_REF, ERR_PULL_LIMIT, ERR_PEER_UNKNOWN, ERR_NETWORK_STOPPED, ERR_MODEL_NOT_FOUND,
   * ERR_MODEL_BUSY, ERR_MODEL_TRUNCATED, ERR_MODEL_STALLED, ERR_WAIT_TIMEOUT; {RejectedError} ERR_MODEL_OVERRUN
   */
  async pull(from: Peer, ref: ModelRef, { into, signal }: PullOptions = {}): Promise<Uint8Array> {
    checkRef(ref, into)
    this.#requireRunning()
    signal?.throwIfAborted()

    const key = `${from} ${ref.hash} ${ref.bytes} ${into === undefined ? 'shared' : this.#nextId++}`
    const pull = this.#endpoint.pulls.get(key) ?? this.#startPull(from, ref, key)

    return new Promise((resolve, reject) => pull.join(new PullCaller(pull, into, signal, resolve, reject)))
  }

  /** Changes nothing: see above. */
  reject(): void {}

  on<K extends keyof NetworkEvents>(event: K, listener: (detail: NetworkEvents[K]) => void): Unsubscribe {
    const listeners = this.#endpoint.listeners[event]
    listeners.add(listener)

    return () => listeners.delete(listener)
  }

  #startPull(from: Peer, ref: ModelRef, key: string): Pull {
    const { pulls } = this.#endpoint
    if (pulls.size >= MAX_PULLS) {
      throw new CodedError('ERR_PULL_LIMIT', 'too many models are being fetched', { pulls: pulls.size })
    }
    const pull = new Pull(this.#world, this.#endpoint, this.#connected(from), ref, key)
    pull.start()

    return pull
  }

  #requireRunning(): void {
    if (!this.#endpoint.isAlive) throw new CodedError('ERR_NETWORK_STOPPED', 'the network is not running')
  }

  #connected(peer: Peer): Endpoint {
    this.#requireRunning()
    const endpoint = this.#world.find(peer)
    if (endpoint === undefined || !this.#endpoint.isConnected(endpoint.slot)) {
      throw new CodedError('ERR_PEER_UNKNOWN', `not connected to ${peer}`, { peer })
    }

    return endpoint
  }
}

function bounded(bytes: Uint8Array): void {
  if (bytes.byteLength > MAX_MESSAGE_BYTES) {
    throw new EncodeError(`message of ${bytes.byteLength} bytes, limit ${MAX_MESSAGE_BYTES}`)
  }
}

function checkRef({ hash, bytes }: ModelRef, into: Uint8Array | undefined): void {
  const isPossible = Number.isInteger(bytes) && bytes > 0 && bytes <= encodedModelBytes(MAX_MODEL_DIM)
  if (!isHash(hash) || !isPossible) throw new CodedError('ERR_MODEL_REF', 'not a reference to a model', { bytes })
  if (into !== undefined && into.byteLength < bytes) {
    throw new RangeError(`pull: into has ${into.byteLength} bytes, needs ${bytes}`)
  }
}
