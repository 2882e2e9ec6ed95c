import type { Stream } from '@libp2p/interface'
import { CodedError } from '../interface/errors.ts'
import type { AbortOptions } from '../interface/startable.ts'

/**
 * Closes our end once all is sent. libp2p rejects with an event, not an
 * error, when the stream is cut off meanwhile.
 *
 * @throws {CodedError} ERR_STREAM_CLOSED; the signal's reason
 */
export async function closeStream(stream: Stream, options: AbortOptions = {}): Promise<void> {
  try {
    await stream.close(options)
  } catch (cause) {
    options.signal?.throwIfAborted()
    throw new CodedError('ERR_STREAM_CLOSED', 'the stream was cut off while it closed', {}, { cause })
  }
}
