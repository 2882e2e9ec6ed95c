import type { Connection, Stream } from '@libp2p/interface'
import type { Clock } from '../interface/clock.ts'
import { CodedError, RejectedError } from '../interface/errors.ts'
import type { Peer, ProtocolHandlers } from '../interface/network.ts'
import type { AbortOptions } from '../interface/startable.ts'
import type { WaitRegister, WaitSpec } from '../interface/waits.ts'
import { EncodeError } from '../wire/byte-writer.ts'
import { MAX_MESSAGE_BYTES } from '../wire/limits.ts'
import { closeStream } from './close-stream.ts'
import { readFrame, writeFrame } from './frame.ts'
import type { Judge } from './judge.ts'
import type { GossipLimits } from './limits.ts'
import { openStream } from './open-stream.ts'
import type { PeerTable } from './peer-table.ts'
import { TokenBuckets } from './token-bucket.ts'

export interface MessageServiceComponents {
  peers: PeerTable
  judge: Judge
  waits: WaitRegister
  clock: Clock
  limits: GossipLimits
  /** Told why serving a stream failed, other than by the peer's fault. */
  onError: (error: unknown) => void
}

/** Messages and requests of at most 64 KiB: one stream each, one frame in each direction. */
export class MessageService {
  readonly #components: MessageServiceComponents
  readonly #rate: TokenBuckets
  readonly #bytes: TokenBuckets

  constructor(components: MessageServiceComponents) {
    const { messagesPerSecond: perSecond, messageBurst: burst, maxConnections } = components.limits
    this.#components = components
    this.#rate = new TokenBuckets({ perSecond, burst, maxPeers: 2 * maxConnections })
    this.#bytes = new TokenBuckets({
      perSecond: components.limits.bytesPerSecond,
      burst: components.limits.byteBurst,
      maxPeers: 2 * maxConnections
    })
  }

  async send(to: Peer, protocol: string, bytes: Uint8Array, options: AbortOptions = {}): Promise<void> {
    await this.#exchange(to, protocol, bytes, `a message (${protocol}) to be taken`, options, async () => undefined)
  }

  request(to: Peer, protocol: string, bytes: Uint8Array, options: AbortOptions = {}): Promise<Uint8Array> {
    const read = (stream: Stream, signal: AbortSignal): Promise<Uint8Array> =>
      readFrame(stream, { maxBytes: MAX_MESSAGE_BYTES, signal })

    return this.#exchange(to, protocol, bytes, `an answer (${protocol})`, options, read)
  }

  /** Serves one incoming stream; never rejects. */
  async serve(stream: Stream, connection: Connection, handlers: ProtocolHandlers, signal: AbortSignal): Promise<void> {
    const { waits, judge, limits, onError } = this.#components
    const peer = connection.remotePeer.toString()
    const spec: WaitSpec = {
      kind: 'answer',
      what: `an exchange (${stream.protocol})`,
      from: [peer],
      timeoutMs: limits.messageTimeoutMs
    }
    try {
      await waits.run(spec, (deadline) => this.#serve(stream, peer, handlers, deadline), { signal })
    } catch (error) {
      if (error instanceof RejectedError) judge.reject(peer, error)
      else onError(error)
      stream.abort(error as Error)
    }
  }

  async #serve(stream: Stream, peer: Peer, handlers: ProtocolHandlers, signal: AbortSignal): Promise<void> {
    const { clock, peers } = this.#components
    if (!this.#rate.take(peer, clock.now())) {
      throw new RejectedError('ERR_MESSAGE_FLOOD', 'penalise', 'more messages than anyone needs to send')
    }

    const isOpen = 'request' in handlers && handlers.forObservers === true
    if (!isOpen && peers.get(peer)?.standing.right === 'observe') {
      throw new RejectedError('ERR_RIGHT_MISSING', 'ignore', 'a peer that may only observe takes part')
    }
    const bytes = await readFrame(stream, { maxBytes: MAX_MESSAGE_BYTES, signal })
    if (!this.#bytes.take(peer, clock.now(), bytes.byteLength)) {
      throw new RejectedError('ERR_MESSAGE_FLOOD', 'penalise', 'more bytes than anyone needs to send')
    }
    if ('message' in handlers) handlers.message(peer, bytes)
    else await writeFrame(stream, bounded(await handlers.request(peer, bytes, { signal })), { signal })

    await closeStream(stream, { signal })
  }

  async #exchange<T>(
    to: Peer,
    protocol: string,
    bytes: Uint8Array,
    what: string,
    options: AbortOptions,
    read: (stream: Stream, signal: AbortSignal) => Promise<T>
  ): Promise<T> {
    bounded(bytes)
    const { peers, waits, limits, judge } = this.#components
    const connection = peers.connection(to)
    const work = async (signal: AbortSignal): Promise<T> => {
      const stream = await openStream(connection, protocol, { signal, runOnLimitedConnection: true })
      try {
        await writeFrame(stream, bytes, { signal })
        const answer = await read(stream, signal)
        await closeStream(stream, { signal })
        return answer
      } catch (error) {
        stream.abort(error as Error)
        throw error
      }
    }

    try {
      return await waits.run({ kind: 'answer', what, from: [to], timeoutMs: limits.messageTimeoutMs }, work, options)
    } catch (error) {
      if (error instanceof RejectedError) judge.reject(to, error)
      throw coded(error, options)
    }
  }
}

function bounded(bytes: Uint8Array): Uint8Array {
  if (bytes.byteLength > MAX_MESSAGE_BYTES) {
    throw new EncodeError(`message of ${bytes.byteLength} bytes, limit ${MAX_MESSAGE_BYTES}`)
  }

  return bytes
}

function coded(error: unknown, { signal }: AbortOptions): unknown {
  if (error instanceof CodedError || !(error instanceof Error) || signal?.aborted === true) return error
  if (error.name === 'UnsupportedProtocolError') {
    return new CodedError('ERR_PROTOCOL_UNKNOWN', 'the peer does not handle this protocol', {}, { cause: error })
  }

  return new CodedError('ERR_STREAM_CLOSED', 'the exchange broke off', { cause: error.name }, { cause: error })
}
