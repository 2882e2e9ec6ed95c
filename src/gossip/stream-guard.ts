import type { Connection, Stream, StreamHandler, StreamHandlerOptions } from '@libp2p/interface'
import { CodedError } from '../interface/errors.ts'
import type { Peer } from '../interface/network.ts'
import { type AwaitHelloComponents, awaitHello } from './await-hello.ts'

/** The part of libp2p's registrar that all protocols go through, libp2p's own included. */
export interface HandlerRegistry {
  handle: (protocol: string, handler: StreamHandler, options?: StreamHandlerOptions) => Promise<void>
}

export interface StreamGuardInit extends AwaitHelloComponents {
  /** Protocols for everyone: the hello. */
  open: ReadonlySet<string>
  /** A peer has too many streams open; told for each one too many. */
  onExcess: (peer: Peer, error: CodedError) => void
}

/**
 * Stands before the handler of every protocol, whoever registers it: strangers are answered by the hello alone. A stream
 * that comes earlier than the hello has passed waits for it, as honest peers do not know on which side it passes last.
 *
 * libp2p has middleware for this, which it also runs on outgoing streams, and keeps adding to with each stream.
 */
export class StreamGuard {
  readonly #init: StreamGuardInit
  /** Inbound streams whose handlers have been called, by peer; bounded by the connections. */
  readonly #open = new Map<Peer, number>()
  /** Streams that wait for the hello, by connection. */
  readonly #early = new Map<string, number>()

  constructor(init: StreamGuardInit) {
    this.#init = init
  }

  /** Call before anything registers a handler. */
  attach(registry: HandlerRegistry): void {
    const handle = registry.handle.bind(registry)
    registry.handle = (protocol, handler, options) =>
      handle(protocol, this.#init.open.has(protocol) ? handler : this.#guarded(handler), options)
  }

  /** Streams that wait for a hello to pass. */
  get waiting(): number {
    let sum = 0
    for (const count of this.#early.values()) sum += count

    return sum
  }

  /** Streams of a peer that are being served. */
  openStreams(peer: Peer): number {
    return this.#open.get(peer) ?? 0
  }

  /** What it throws, libp2p aborts the stream with. */
  #guarded(handler: StreamHandler): StreamHandler {
    return async (stream, connection) => {
      const peer = connection.remotePeer.toString()
      if (!this.#init.peers.has(peer)) await this.#untilAdmitted(peer, stream, connection)
      this.#count(peer, stream)
      await handler(stream, connection)
    }
  }

  async #untilAdmitted(peer: Peer, stream: Stream, connection: Connection): Promise<void> {
    const { limits } = this.#init
    const early = (this.#early.get(connection.id) ?? 0) + 1
    if (early > limits.maxEarlyStreams) {
      const error = tooMany(peer, early)
      this.#init.onExcess(peer, error)
      connection.abort(error)
      throw error
    }

    this.#early.set(connection.id, early)
    const closed = new AbortController()
    const onClose = (): void => closed.abort(new CodedError('ERR_STREAM_CLOSED', 'the stream was cut off'))
    stream.addEventListener('close', onClose, { once: true })
    try {
      await awaitHello(this.#init, peer, closed.signal)
    } finally {
      stream.removeEventListener('close', onClose)
      this.#uncount(this.#early, connection.id)
    }
  }

  #count(peer: Peer, stream: Stream): void {
    if (stream.status !== 'open' && stream.status !== 'closing') {
      throw new CodedError('ERR_STREAM_CLOSED', 'the stream was cut off') // its end would not be told any more
    }
    const open = this.openStreams(peer) + 1
    if (open > this.#init.limits.maxStreamsPerPeer) {
      const error = tooMany(peer, open)
      this.#init.onExcess(peer, error)
      throw error
    }

    this.#open.set(peer, open)
    stream.addEventListener('close', () => this.#uncount(this.#open, peer), { once: true })
  }

  #uncount(counts: Map<string, number>, key: string): void {
    const left = (counts.get(key) ?? 1) - 1
    if (left > 0) counts.set(key, left)
    else counts.delete(key)
  }
}

function tooMany(peer: Peer, streams: number): CodedError<'ERR_STREAM_LIMIT'> {
  return new CodedError('ERR_STREAM_LIMIT', 'more streams at once than any peer needs', { peer, streams })
}
