import type { Stream } from '@libp2p/interface'
import { CodedError, RejectedError } from '../interface/errors.ts'
import type { AbortOptions } from '../interface/startable.ts'
import { readStream } from './read-stream.ts'
import { sendAll } from './send-all.ts'

export type FrameRejectCode = 'ERR_FRAME_BYTES' | 'ERR_FRAME_TRUNCATED'

export interface ReadFrameOptions extends AbortOptions {
  /** Longest frame we take; nothing is allocated before the length has passed this test. */
  maxBytes: number
}

const LENGTH_BYTES = 4

/** Writes one frame: its length as uint32, little endian, and the bytes. */
export async function writeFrame(stream: Stream, bytes: Uint8Array, options: AbortOptions = {}): Promise<void> {
  const frame = new Uint8Array(LENGTH_BYTES + bytes.byteLength)
  new DataView(frame.buffer).setUint32(0, bytes.byteLength, true)
  frame.set(bytes, LENGTH_BYTES)

  await sendAll(stream, frame, options)
}

/**
 * Reads the one frame that a stream carries in each direction.
 *
 * @throws {RejectedError} ERR_FRAME_BYTES (`penalise`) when it is longer than
 * allowed or something follows it; ERR_FRAME_TRUNCATED (`ignore`: connections break)
 * @throws {CodedError} ERR_STREAM_CLOSED when the stream is reset, or ends before anything came
 */
export async function readFrame(stream: Stream, { maxBytes, signal }: ReadFrameOptions): Promise<Uint8Array> {
  const header = new Uint8Array(LENGTH_BYTES)
  let body: Uint8Array | undefined
  let received = 0

  const take = (piece: Uint8Array): boolean => {
    const inHeader = Math.max(0, Math.min(piece.byteLength, LENGTH_BYTES - received))
    header.set(piece.subarray(0, inHeader), Math.min(received, LENGTH_BYTES))
    received += piece.byteLength
    if (received < LENGTH_BYTES) return false

    body ??= new Uint8Array(checkedLength(header, maxBytes))
    if (received > LENGTH_BYTES + body.byteLength) throw tooLong(received, maxBytes)
    body.set(piece.subarray(inHeader), received - LENGTH_BYTES - (piece.byteLength - inHeader))

    return received === LENGTH_BYTES + body.byteLength
  }

  const result = await readStream(stream, take, signal === undefined ? {} : { signal })
  if (received === 0) throw new CodedError('ERR_STREAM_CLOSED', 'the stream ended before a frame')
  if (result === 'ended' || body === undefined) {
    throw new RejectedError('ERR_FRAME_TRUNCATED', 'ignore', 'the stream ended within a frame', { bytes: received })
  }

  return body
}

function checkedLength(header: Uint8Array, maxBytes: number): number {
  const length = new DataView(header.buffer, header.byteOffset).getUint32(0, true)
  if (length > maxBytes) throw tooLong(length, maxBytes)

  return length
}

function tooLong(bytes: number, maxBytes: number): RejectedError<FrameRejectCode> {
  return new RejectedError('ERR_FRAME_BYTES', 'penalise', 'frame longer than allowed', { bytes, maxBytes })
}
