import type { RejectedError } from '../interface/errors.ts'
import type {
  AnnouncementHandler,
  ModelRef,
  Network,
  NetworkEvents,
  Peer,
  PeerPath,
  ProtocolHandlers,
  PullOptions,
  Traffic,
  Unsubscribe
} from '../interface/network.ts'
import type { AbortOptions } from '../interface/startable.ts'

/** A network some of whose peers are connected through relays. */
export interface RelayedNetwork extends Network {
  /** How a connected peer is connected. */
  pathOf(peer: Peer): PeerPath | undefined
  /** Connected without a relay; sorted. */
  directPeers(): readonly Peer[]
  onRerouted(listener: (detail: { peer: Peer; path: PeerPath }) => void): Unsubscribe
}

/**
 * The same network as a learner of models sees it: a peer that is connected through a relay only, which carries no models,
 * is not there for it, and comes and goes as it gets and loses a direct connection. So no round waits for such a peer.
 */
export class DirectNetwork implements Network {
  readonly #all: RelayedNetwork

  constructor(all: RelayedNetwork) {
    this.#all = all
  }

  get self(): Peer {
    return this.#all.self
  }

  peers(): readonly Peer[] {
    return this.#all.directPeers()
  }

  traffic(): Traffic {
    return this.#all.traffic()
  }

  publish(topic: string, bytes: Uint8Array): Promise<void> {
    return this.#all.publish(topic, bytes)
  }

  subscribe(topic: string, handler: AnnouncementHandler): Unsubscribe {
    return this.#all.subscribe(topic, handler)
  }

  send(to: Peer, protocol: string, bytes: Uint8Array, options?: AbortOptions): Promise<void> {
    return this.#all.send(to, protocol, bytes, options)
  }

  request(to: Peer, protocol: string, bytes: Uint8Array, options?: AbortOptions): Promise<Uint8Array> {
    return this.#all.request(to, protocol, bytes, options)
  }

  handle(protocol: string, handlers: ProtocolHandlers): Unsubscribe {
    return this.#all.handle(protocol, handlers)
  }

  offer(encoded: Uint8Array): ModelRef {
    return this.#all.offer(encoded)
  }

  withdraw(hash: string): void {
    this.#all.withdraw(hash)
  }

  pull(from: Peer, ref: ModelRef, options?: PullOptions): Promise<Uint8Array> {
    return this.#all.pull(from, ref, options)
  }

  reject(from: Peer, error: RejectedError): void {
    this.#all.reject(from, error)
  }

  on<K extends keyof NetworkEvents>(event: K, listener: (detail: NetworkEvents[K]) => void): Unsubscribe {
    if (event === 'peer:connected') return this.#onPresence('direct', listener as PresenceListener)
    if (event === 'peer:disconnected') return this.#onPresence('relayed', listener as PresenceListener)

    return this.#all.on(event, listener)
  }

  /** Told of peers that come without a relay (`direct`), or that go or need one from now on (`relayed`). */
  #onPresence(path: PeerPath, listener: PresenceListener): Unsubscribe {
    const event = path === 'direct' ? 'peer:connected' : 'peer:disconnected'
    const ends = [
      this.#all.on(event, ({ peer }) => {
        if (path === 'relayed' || this.#all.pathOf(peer) === 'direct') listener({ peer })
      }),
      this.#all.onRerouted((detail) => {
        if (detail.path === path) listener({ peer: detail.peer })
      })
    ]

    return () => {
      for (const end of ends) end()
    }
  }
}

type PresenceListener = (detail: { peer: Peer }) => void
