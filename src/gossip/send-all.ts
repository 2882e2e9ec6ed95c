import type { Stream, StreamCloseEvent } from '@libp2p/interface'
import { CodedError } from '../interface/errors.ts'
import type { AbortOptions } from '../interface/startable.ts'

/** Longest plaintext of a Noise message: 2^16 - 1 with its tag of 16 bytes. */
const NOISE_PLAINTEXT_BYTES = 65_519
const YAMUX_HEADER_BYTES = 12

/** More gains nothing, and would keep the connection's other streams waiting. */
const NOISE_MESSAGES = 4

/**
 * Bytes handed to a stream at a time: a Yamux frame that fills four Noise
 * messages. With 64 KiB every chunk would take two messages, the second all
 * but empty, and four times as many window updates (measured: a transfer
 * takes a sixth longer). Also the point where streams of one connection take
 * turns.
 */
export const SEND_CHUNK_BYTES = NOISE_MESSAGES * NOISE_PLAINTEXT_BYTES - YAMUX_HEADER_BYTES

export interface SendOptions extends AbortOptions {
  /** Called with the length of each chunk that the transport has taken. */
  onSent?: (bytes: number) => void
  /** @default SEND_CHUNK_BYTES */
  chunkBytes?: number
}

/** Sends views of `bytes` in chunks, waiting whenever the stream's buffers are full: nothing piles up behind a slow reader. */
export async function sendAll(stream: Stream, bytes: Uint8Array, options: SendOptions = {}): Promise<void> {
  const { chunkBytes = SEND_CHUNK_BYTES } = options
  for (let offset = 0; offset < bytes.byteLength; offset += chunkBytes) {
    options.signal?.throwIfAborted()
    const chunk = bytes.subarray(offset, offset + chunkBytes)
    if (!stream.send(chunk)) await drained(stream, options)
    options.onSent?.(chunk.byteLength)
  }
}

/**
 * Resolves when the stream takes more. The stream's own `onDrain` settles only
 * the first time, and its `drain` event also means that another stream of the
 * connection may go on, so its flag is asked each time.
 */
function drained(stream: Stream, { signal }: AbortOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    const finish = (settle: () => void): void => {
      stream.removeEventListener('drain', onDrain)
      stream.removeEventListener('close', onClose)
      signal?.removeEventListener('abort', onAbort)
      settle()
    }
    // a microtask later: the stream's own listener first tries to send what it has
    const onDrain = (): void => queueMicrotask(() => !stream.writableNeedsDrain && finish(resolve))
    const onClose = ({ error }: Partial<StreamCloseEvent>): void =>
      finish(() => reject(error ?? new CodedError('ERR_STREAM_CLOSED', 'the stream closed before all was sent')))
    const onAbort = (): void => finish(() => reject(signal?.reason))

    stream.addEventListener('drain', onDrain)
    stream.addEventListener('close', onClose)
    signal?.addEventListener('abort', onAbort, { once: true })
    if (signal?.aborted) onAbort()
    else if (stream.writeStatus === 'closed') onClose({})
    else if (!stream.writableNeedsDrain) finish(resolve)
  })
}
