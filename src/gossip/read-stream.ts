import type { Stream, StreamCloseEvent, StreamMessageEvent } from '@libp2p/interface'
import { CodedError } from '../interface/errors.ts'
import type { AbortOptions } from '../interface/startable.ts'

/** How reading stopped: `take` had enough, or the remote end closed without a fault. */
export type ReadResult = 'enough' | 'ended'

/**
 * Hands what arrives on a stream to `take`, piece by piece, until it returns
 * true or the remote end has closed. Nothing is kept: a piece is valid during
 * the call only. A `take` that throws stops the reading with that error.
 *
 * A stream that is reset also ends, and says so first: only its status tells
 * the two apart. Nor does a clean end prove that the peer meant it: when its
 * process dies, all of its streams end like that.
 *
 * @throws {CodedError} ERR_STREAM_CLOSED when the stream is reset or aborted; else the signal's reason
 */
export function readStream(
  stream: Stream,
  take: (piece: Uint8Array) => boolean,
  { signal }: AbortOptions = {}
): Promise<ReadResult> {
  return new Promise((resolve, reject) => {
    const finish = (settle: () => void): void => {
      stream.removeEventListener('message', onMessage)
      stream.removeEventListener('end', onEnd)
      stream.removeEventListener('close', onClose)
      signal?.removeEventListener('abort', onAbort)
      settle()
    }
    const onMessage = ({ data }: StreamMessageEvent): void => {
      try {
        const taken = takeAll(data, take)
        if (taken === undefined) return
        if (taken < data.byteLength) stream.unshift(data.subarray(taken)) // for the next reader
        finish(() => resolve('enough'))
      } catch (error) {
        finish(() => reject(error))
      }
    }
    const onEnd = (): void => finish(() => (wasCut(stream) ? reject(cut()) : resolve('ended')))
    const onClose = ({ error }: Partial<StreamCloseEvent>): void => {
      if (error !== undefined) finish(() => reject(cut(error)))
      else if (stream.readBufferLength === 0) onEnd()
    }
    const onAbort = (): void => finish(() => reject(signal?.reason))

    if (signal?.aborted) return reject(signal.reason)
    signal?.addEventListener('abort', onAbort, { once: true })
    stream.addEventListener('end', onEnd)
    stream.addEventListener('close', onClose)
    stream.addEventListener('message', onMessage) // last: it sets buffered bytes moving
    if (stream.readableEnded) onEnd()
    else if (stream.status !== 'open' && stream.status !== 'closing') onClose({})
  })
}

function wasCut({ status }: Stream): boolean {
  return status === 'reset' || status === 'aborted'
}

function cut(cause?: Error): CodedError<'ERR_STREAM_CLOSED'> {
  return new CodedError('ERR_STREAM_CLOSED', 'the stream was cut off', {}, { cause })
}

/** Bytes handed over when `take` had enough; undefined when it wants more. */
function takeAll(data: StreamMessageEvent['data'], take: (piece: Uint8Array) => boolean): number | undefined {
  let taken = 0
  for (const piece of data instanceof Uint8Array ? [data] : data) {
    taken += piece.byteLength
    if (take(piece)) return taken
  }

  return undefined
}
