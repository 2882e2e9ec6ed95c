import type { Connection, Stream } from '@libp2p/interface'
import { InvalidConfigError } from '../interface/errors.ts'
import type { ProtocolHandlers, Unsubscribe } from '../interface/network.ts'
import type { Host } from './host.ts'
import type { MessageService } from './message-service.ts'

export interface ProtocolTableComponents {
  host: Host
  messages: MessageService
  /** Aborts when the network stops. */
  signal: () => AbortSignal
  onError: (error: unknown) => void
}

/** Streams of one message or request that a peer may have open at once. */
const MAX_INBOUND_STREAMS = 32
const MAX_OUTBOUND_STREAMS = 128

/** Who handles which protocol of messages or requests: one handler each. */
export class ProtocolTable {
  readonly #components: ProtocolTableComponents
  readonly #handlers = new Map<string, ProtocolHandlers>()

  constructor(components: ProtocolTableComponents) {
    this.#components = components
  }

  /** @throws {InvalidConfigError} ERR_CONFIG_INVALID when the protocol is handled already */
  handle(name: string, handlers: ProtocolHandlers): Unsubscribe {
    const { host, messages, signal, onError } = this.#components
    if (this.#handlers.has(name)) throw new InvalidConfigError(`protocol "${name}" is handled already`)

    this.#handlers.set(name, handlers)
    const serve = (stream: Stream, connection: Connection): Promise<void> =>
      messages.serve(stream, connection, handlers, signal())
    const streams = { maxInboundStreams: MAX_INBOUND_STREAMS, maxOutboundStreams: MAX_OUTBOUND_STREAMS }
    host.handle(name, serve, { ...streams, runOnLimitedConnection: true }).catch(onError)

    return () => {
      if (this.#handlers.delete(name)) host.unhandle(name).catch(onError)
    }
  }
}
