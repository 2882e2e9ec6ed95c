import { createHash } from 'node:crypto'
import { CodedError, RejectedError } from '../../src/interface/errors.ts'
import type {
  MessageHandler,
  ModelRef,
  Network,
  NetworkEvents,
  Peer,
  RequestHandler,
  Traffic,
  Unsubscribe
} from '../../src/interface/network.ts'
import type { AbortOptions } from '../../src/interface/startable.ts'

/** Joins networks in memory; delivery is at once, on the next microtask. */
export class MemoryHub {
  readonly nodes = new Map<Peer, MemoryNetwork>()

  join(self: Peer): MemoryNetwork {
    const node = new MemoryNetwork(this, self)
    this.nodes.set(self, node)
    for (const other of this.nodes.values()) {
      if (other === node) continue
      other.dispatch('peer:connected', { peer: self })
      node.dispatch('peer:connected', { peer: other.self })
    }
    return node
  }

  /** The node vanishes without a word. */
  kill(self: Peer): void {
    this.nodes.delete(self)
    for (const other of this.nodes.values()) other.dispatch('peer:disconnected', { peer: self })
  }
}

type Handlers = { message: MessageHandler } | { request: RequestHandler }
type Listeners = { [K in keyof NetworkEvents]: Set<(detail: NetworkEvents[K]) => void> }

export class MemoryNetwork implements Network {
  readonly self: Peer
  readonly #hub: MemoryHub
  readonly #models = new Map<string, Uint8Array>()
  readonly #topics = new Map<string, Set<MessageHandler>>()
  readonly #handlers = new Map<string, Handlers>()
  readonly #listeners: Listeners = {
    'peer:connected': new Set(),
    'peer:disconnected': new Set(),
    'peer:rejected': new Set()
  }
  readonly #traffic: Traffic = { sent: 0, received: 0 }
  readonly rejections: { from: Peer; code: string }[] = []
  /** Set to hold back what this node hears, as a stuck process does. */
  frozen = false

  constructor(hub: MemoryHub, self: Peer) {
    this.#hub = hub
    this.self = self
  }

  peers(): Peer[] {
    return [...this.#hub.nodes.keys()].filter((peer) => peer !== this.self).sort()
  }

  traffic(): Traffic {
    return { ...this.#traffic }
  }

  async publish(topic: string, bytes: Uint8Array): Promise<void> {
    this.#traffic.sent += bytes.byteLength
    for (const node of this.#hub.nodes.values())
      if (node !== this) queueMicrotask(() => node.hear(this.self, topic, bytes))
  }

  hear(from: Peer, topic: string, bytes: Uint8Array): void {
    if (this.frozen) return
    this.#traffic.received += bytes.byteLength
    for (const handler of this.#topics.get(topic) ?? []) {
      try {
        handler(from, bytes)
      } catch (error) {
        if (!(error instanceof RejectedError)) throw error
        this.rejections.push({ from, code: error.code })
      }
    }
  }

  subscribe(topic: string, handler: MessageHandler): Unsubscribe {
    const handlers = this.#topics.get(topic) ?? new Set()
    this.#topics.set(topic, handlers.add(handler))
    return () => handlers.delete(handler)
  }

  offer(encoded: Uint8Array): ModelRef {
    const hash = createHash('sha256').update(encoded).digest('hex')
    this.#models.set(hash, encoded)
    return { hash, bytes: encoded.byteLength }
  }

  withdraw(hash: string): void {
    this.#models.delete(hash)
  }

  offered(): number {
    return this.#models.size
  }

  async pull(from: Peer, ref: ModelRef, { signal }: AbortOptions = {}): Promise<Uint8Array> {
    await Promise.resolve()
    signal?.throwIfAborted()
    const isCutOff = this.#hub.nodes.get(this.self) !== this
    const model = isCutOff ? undefined : this.#hub.nodes.get(from)?.model(ref.hash)
    if (model === undefined) throw new CodedError('ERR_MODEL_NOT_FOUND', 'gone')
    this.#traffic.received += model.byteLength
    return model
  }

  reject(from: Peer, { code }: RejectedError): void {
    this.rejections.push({ from, code })
  }

  model(hash: string): Uint8Array | undefined {
    const model = this.frozen ? undefined : this.#models.get(hash)
    this.#traffic.sent += model?.byteLength ?? 0
    return model
  }

  on<K extends keyof NetworkEvents>(event: K, listener: (detail: NetworkEvents[K]) => void): Unsubscribe {
    this.#listeners[event].add(listener)
    return () => this.#listeners[event].delete(listener)
  }

  dispatch<K extends keyof NetworkEvents>(event: K, detail: NetworkEvents[K]): void {
    for (const listener of this.#listeners[event]) listener(detail)
  }

  listenerCount(): number {
    const topics = [...this.#topics.values()].reduce((sum, set) => sum + set.size, 0)
    return this.#handlers.size + topics + Object.values(this.#listeners).reduce((sum, set) => sum + set.size, 0)
  }

  async send(to: Peer, protocol: string, bytes: Uint8Array, options: AbortOptions = {}): Promise<void> {
    await this.#exchange(to, protocol, bytes, options)
  }

  request(to: Peer, protocol: string, bytes: Uint8Array, options: AbortOptions = {}): Promise<Uint8Array> {
    return this.#exchange(to, protocol, bytes, options)
  }

  handle(protocol: string, handlers: Handlers): Unsubscribe {
    if (this.#handlers.has(protocol)) throw new Error(`${protocol} is handled already`)
    this.#handlers.set(protocol, handlers)
    return () => this.#handlers.delete(protocol)
  }

  async #exchange(to: Peer, protocol: string, bytes: Uint8Array, { signal }: AbortOptions): Promise<Uint8Array> {
    const peer = this.#hub.nodes.get(to)
    const isCutOff = this.#hub.nodes.get(this.self) !== this
    if (peer === undefined || isCutOff) throw new CodedError('ERR_PEER_UNKNOWN', 'not connected')

    this.#traffic.sent += bytes.byteLength
    const answer = await abortable(peer.answer(this.self, protocol, bytes), signal)
    if (this.#hub.nodes.get(to) !== peer) throw new CodedError('ERR_STREAM_CLOSED', 'the peer vanished')
    this.#traffic.received += answer.byteLength
    return answer
  }

  /** What a peer's message or request leads to; a stuck process never answers. */
  async answer(from: Peer, protocol: string, bytes: Uint8Array): Promise<Uint8Array> {
    await Promise.resolve()
    if (this.frozen) return new Promise(() => undefined)

    this.#traffic.received += bytes.byteLength
    const handlers = this.#handlers.get(protocol)
    if (handlers === undefined) throw new CodedError('ERR_PROTOCOL_UNKNOWN', 'not handled here')
    try {
      // a copy: what one node does to its bytes is no business of the other's
      const copy = bytes.slice()
      if ('request' in handlers) return await handlers.request(from, copy, {})
      handlers.message(from, copy)
      return new Uint8Array()
    } catch (error) {
      if (error instanceof RejectedError) this.rejections.push({ from, code: error.code })
      throw new CodedError('ERR_STREAM_CLOSED', 'the exchange broke off', {}, { cause: error })
    }
  }
}

function abortable<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  signal?.throwIfAborted()
  const { promise, reject } = Promise.withResolvers<never>()
  const onAbort = (): void => reject(signal?.reason)
  signal?.addEventListener('abort', onAbort, { once: true })
  return Promise.race([work, promise]).finally(() => signal?.removeEventListener('abort', onAbort))
}
