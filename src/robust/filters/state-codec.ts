import { createHash } from 'node:crypto'
import { FilterStateError } from './errors.ts'

/** "STFS", little endian. */
const MAGIC = 0x5346_5453
const VERSION = 1
/** Magic, version, length of the header, number of floats. */
const PREFIX_BYTES = 16
const CHECKSUM_BYTES = 32
/** Names, counters and reasons of 4,096 senders fit. */
const MAX_HEADER_BYTES = 4 * 1024 * 1024
/** With a header of any size the state stays below 1 GiB, which is the most that a store reads. */
export const MAX_FLOATS = 250 * 1024 * 1024

/** What a filter keeps: plain data, and numbers one after another. */
export interface FilterState {
  readonly header: unknown
  readonly floats: Float32Array
}

/**
 * One block of bytes: prefix, header as JSON, floats (little endian), and the SHA-256 of all before it, so that a torn
 * file is told from a whole one. Keys are written in the order that they have: equal states give equal bytes.
 */
export function encodeState({ header, floats }: FilterState): Uint8Array<ArrayBuffer> {
  const json = new TextEncoder().encode(JSON.stringify(header))
  const bytes = new Uint8Array(PREFIX_BYTES + json.length + floats.byteLength + CHECKSUM_BYTES)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, MAGIC, true)
  view.setUint32(4, VERSION, true)
  view.setUint32(8, json.length, true)
  view.setUint32(12, floats.length, true)
  bytes.set(json, PREFIX_BYTES)
  bytes.set(new Uint8Array(floats.buffer, floats.byteOffset, floats.byteLength), PREFIX_BYTES + json.length)
  bytes.set(checksum(bytes), bytes.length - CHECKSUM_BYTES)

  return bytes
}

/**
 * Undoes {@link encodeState}. What the header says is for the caller to check.
 *
 * @param bytes - anything, such as a Node Buffer at an odd offset
 * @returns floats that are all finite, in memory of their own
 * @throws {FilterStateError} ERR_FILTER_STATE, and nothing else
 */
export function decodeState(bytes: Uint8Array): FilterState {
  if (bytes.length < PREFIX_BYTES + CHECKSUM_BYTES) throw new FilterStateError('too short', { bytes: bytes.length })
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (view.getUint32(0, true) !== MAGIC) throw new FilterStateError('not a state of a filter')
  const version = view.getUint32(4, true)
  if (version !== VERSION) throw new FilterStateError(`version ${version}, expected ${VERSION}`, { version })

  const headerBytes = view.getUint32(8, true)
  const count = view.getUint32(12, true)
  const expected = PREFIX_BYTES + headerBytes + 4 * count + CHECKSUM_BYTES
  if (headerBytes > MAX_HEADER_BYTES || count > MAX_FLOATS || bytes.length !== expected) {
    throw new FilterStateError('torn: its length is not what it says', { bytes: bytes.length })
  }
  if (Buffer.compare(checksum(bytes), bytes.subarray(bytes.length - CHECKSUM_BYTES)) !== 0) {
    throw new FilterStateError('torn: its checksum does not fit')
  }

  return {
    header: parseHeader(bytes.subarray(PREFIX_BYTES, PREFIX_BYTES + headerBytes)),
    floats: readFloats(bytes.subarray(PREFIX_BYTES + headerBytes, bytes.length - CHECKSUM_BYTES), count)
  }
}

function checksum(bytes: Uint8Array): Uint8Array {
  return createHash('sha256')
    .update(bytes.subarray(0, bytes.length - CHECKSUM_BYTES))
    .digest()
}

function parseHeader(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    throw new FilterStateError('its header is no JSON')
  }
}

function readFloats(bytes: Uint8Array, count: number): Float32Array {
  const floats = new Float32Array(count)
  new Uint8Array(floats.buffer).set(bytes)
  if (!floats.every(Number.isFinite)) throw new FilterStateError('a number that is not finite')

  return floats
}
