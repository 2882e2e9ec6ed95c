import type { RejectedError } from './errors.ts'
import type { AbortOptions } from './startable.ts'

/** A remote node, by the text form of its peer id. */
export type Peer = string

/** How a peer is connected: through a relay come messages, no models. */
export type PeerPath = 'direct' | 'relayed'

/** Names an encoded model by its content. */
export interface ModelRef {
  /** SHA-256 of the encoded model, 64 lower-case hex digits. */
  readonly hash: string
  /** Length of the encoded model. */
  readonly bytes: number
}

export interface Traffic {
  /** Bytes handed to the transport, since start. */
  sent: number
  /** Bytes taken from the transport, since start. */
  received: number
}

export interface NetworkEvents {
  /** A peer has proved that it runs the same job; messages may flow. */
  'peer:connected': { peer: Peer }
  'peer:disconnected': { peer: Peer }
  /** Something a peer sent was refused. `code` is one of ours, never the peer's text. */
  'peer:rejected': { peer: Peer; code: string; verdict: 'ignore' | 'penalise' }
}

export type Unsubscribe = () => void

export interface PullOptions extends AbortOptions {
  /**
   * Memory to receive into, at least `ref.bytes` long; the result is a view of it. Saves making a buffer of the
   * model's size each round. Its content is undefined when the pull fails.
   */
  into?: Uint8Array
}

/**
 * Called with what a peer sent, as bytes not yet decoded. Throw a
 * RejectedError to refuse it: the network applies the verdict.
 */
export type MessageHandler = (from: Peer, bytes: Uint8Array) => void
/**
 * As {@link MessageHandler}, of something published. `enough`: whoever this node could pass it on to has it from its
 * author; without a word it is passed on, where the network does so.
 */
export type AnnouncementHandler = MessageHandler | ((from: Peer, bytes: Uint8Array) => 'enough' | undefined)
export type RequestHandler = (from: Peer, bytes: Uint8Array, options: AbortOptions) => Promise<Uint8Array>

/** Who handles a protocol: a message, or a request. */
export type ProtocolHandlers =
  | { message: MessageHandler }
  | {
      request: RequestHandler
      /** Only reads: those who may not take part are answered too. @default false */
      forObservers?: boolean
    }

/**
 * Moves bytes between nodes of one job. Two implementations: libp2p in
 * `gossip`, memory in `sim`. Names of topics and protocols are short, fixed
 * and ours; the implementation adds the job's id to them.
 */
export interface Network {
  readonly self: Peer
  /** Connected peers that have passed the hello, sorted. */
  peers(): readonly Peer[]
  traffic(): Traffic

  /** Broadcasts to everyone in the job, best effort: may be lost, repeated or reordered. At most 64 KiB. */
  publish(topic: string, bytes: Uint8Array): Promise<void>
  subscribe(topic: string, handler: AnnouncementHandler): Unsubscribe

  /** One message to one peer over a stream of its own. */
  send(to: Peer, protocol: string, bytes: Uint8Array, options?: AbortOptions): Promise<void>
  /** One message, one answer. */
  request(to: Peer, protocol: string, bytes: Uint8Array, options?: AbortOptions): Promise<Uint8Array>
  handle(protocol: string, handlers: ProtocolHandlers): Unsubscribe

  /** Lets peers pull this encoded model by its hash, until withdrawn. The bytes are kept, not copied: don't write them. */
  offer(encoded: Uint8Array): ModelRef
  withdraw(hash: string): void
  /**
   * Fetches a model; resolves only with `ref.bytes` bytes whose SHA-256 is `ref.hash`.
   * @throws {CodedError} ERR_MODEL_*; {RejectedError} when the peer sent something else
   */
  pull(from: Peer, ref: ModelRef, options?: PullOptions): Promise<Uint8Array>
  /** What was pulled is refused: applies the verdict, once for all. The caller reports it. */
  reject(from: Peer, error: RejectedError): void

  on<K extends keyof NetworkEvents>(event: K, listener: (detail: NetworkEvents[K]) => void): Unsubscribe
}
