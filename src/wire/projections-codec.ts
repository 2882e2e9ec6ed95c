import { RejectedError } from '../interface/errors.ts'
import type { Peer } from '../interface/network.ts'
import { ByteReader } from './byte-reader.ts'
import { ByteWriter } from './byte-writer.ts'
import { type LogBatch, SEGMENT_BYTES, SIGNATURE_BYTES } from './log-batch.ts'

export type ProjectionsRejectCode = 'ERR_PROJECTIONS_MALFORMED'

const VERSION = 1
const HEADER_BYTES = 5

/**
 * The newest projections of whoever publishes it: version, place of the first (uint32), one byte each, and the
 * signature. 69 bytes more than there are projections. The author is whom the network says that it comes from.
 *
 * @throws {EncodeError} ERR_ENCODE_LIMIT
 */
export function encodeProjections({ start, bytes, signature }: LogBatch): Uint8Array<ArrayBuffer> {
  const writer = new ByteWriter(HEADER_BYTES + bytes.byteLength + SIGNATURE_BYTES)
  writer.uint8(VERSION)
  writer.uint32(start)
  writer.bytes(bytes)
  writer.bytes(signature)

  return writer.finish()
}

/** @throws {RejectedError} ERR_PROJECTIONS_MALFORMED (`penalise`); never anything else */
export function decodeProjections(author: Peer, message: Uint8Array): LogBatch {
  const malformed = (): RejectedError =>
    new RejectedError('ERR_PROJECTIONS_MALFORMED', 'penalise', 'projections that cannot be decoded', {
      bytes: message.byteLength
    })
  const reader = new ByteReader(message, malformed)
  if (reader.uint8() !== VERSION) throw malformed()

  const start = reader.uint32()
  const count = message.byteLength - HEADER_BYTES - SIGNATURE_BYTES
  if (count < 1 || (start % SEGMENT_BYTES) + count > SEGMENT_BYTES || start + count > 0xffff_ffff) throw malformed()

  const bytes = new Uint8Array(reader.bytes(count))
  const signature = new Uint8Array(reader.bytes(SIGNATURE_BYTES))
  reader.end()

  return { author, start, bytes, signature }
}
