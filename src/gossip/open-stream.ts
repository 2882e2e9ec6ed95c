import type { Connection, NewStreamOptions, Stream } from '@libp2p/interface'
import { CodedError } from '../interface/errors.ts'

/**
 * Opens a stream of a protocol. libp2p rejects with an event, not an error, when the connection goes while the two
 * sides agree on the protocol.
 *
 * @throws {CodedError} ERR_STREAM_CLOSED; libp2p's own errors; the signal's reason
 */
export async function openStream(
  connection: Connection,
  protocol: string,
  options: NewStreamOptions = {}
): Promise<Stream> {
  try {
    return await connection.newStream(protocol, options)
  } catch (cause) {
    options.signal?.throwIfAborted()
    if (cause instanceof Error) throw cause
    throw new CodedError('ERR_STREAM_CLOSED', 'the stream was cut off while it opened', {}, { cause })
  }
}
