import { createHash } from 'node:crypto'
import { CodedError, RejectedError } from '../../src/interface/errors.ts'
import type {
  MessageHandler,
  ModelRef,
  Network,
  NetworkEvents,
  Peer,
  Traffic,
  Unsubscribe
} from '../../src/interface/network.ts'

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

type Listeners = { [K in keyof NetworkEvents]: Set<(detail: NetworkEvents[K]) => void> }

export class MemoryNetwork implements Network {
  readonly self: Peer
  readonly #hub: MemoryHub
  readonly #models = new Map<string, Uint8Array>()
  readonly #topics = new Map<string, Set<MessageHandler>>()
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

  async pull(from: Peer, ref: ModelRef): Promise<Uint8Array> {
    await Promise.resolve()
    const model = this.#hub.nodes.get(from)?.model(ref.hash)
    if (model === undefined) throw new CodedError('ERR_MODEL_NOT_FOUND', 'gone')
    this.#traffic.received += model.byteLength
    return model
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
    return topics + Object.values(this.#listeners).reduce((sum, set) => sum + set.size, 0)
  }

  async send(): Promise<void> {}

  async request(): Promise<Uint8Array> {
    return new Uint8Array()
  }

  handle(): Unsubscribe {
    return () => undefined
  }
}
