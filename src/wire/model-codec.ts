import { RejectedError } from '../interface/errors.ts'
import type { Params } from '../interface/params.ts'
import { EncodeError } from './byte-writer.ts'
import { MAX_MODEL_DIM } from './limits.ts'

export type ModelRejectCode = 'ERR_MODEL_MALFORMED' | 'ERR_MODEL_DIM' | 'ERR_MODEL_NOT_FINITE'

/** What we accept; from our own layout, never from the message. */
export interface ModelExpectation {
  dim: number
}

/** "STLM", little endian. */
const MAGIC = 0x4d4c5453
const VERSION = 1
/** Params as float32, little endian, as every platform that Node runs on keeps them in memory. */
const CODEC_F32 = 1
/** A multiple of four, so that the params can be viewed in place. */
export const MODEL_HEADER_BYTES = 12
/** Elements copied and then checked at a time: 32 KiB stay in the first-level cache between the two. */
const BLOCK = 8192
/** Exponent bits of a float32: all ones means infinite or NaN. */
const EXPONENT = 0x7f80_0000
const EXPONENT_ONE = 0x0080_0000

export function encodedModelBytes(dim: number): number {
  return MODEL_HEADER_BYTES + 4 * dim
}

/**
 * Header and params as bytes; a copy, on a plain ArrayBuffer even when
 * `params` lie in shared memory.
 *
 * @param params - shape (dim), at most 2^30
 * @throws {EncodeError} ERR_ENCODE_LIMIT
 */
export function encodeModel(params: Params): Uint8Array<ArrayBuffer> {
  const dim = params.length
  if (dim > MAX_MODEL_DIM) throw new EncodeError(`model of ${dim} params, limit ${MAX_MODEL_DIM}`)

  const bytes = new Uint8Array(encodedModelBytes(dim))
  const view = new DataView(bytes.buffer)
  view.setUint32(0, MAGIC, true)
  view.setUint8(4, VERSION)
  view.setUint8(5, CODEC_F32)
  view.setUint32(8, dim, true)
  new Float32Array(bytes.buffer, MODEL_HEADER_BYTES, dim).set(params)

  return bytes
}

/**
 * Checks an encoded model from a peer and copies its params to `out`, in one
 * pass over memory. `out` may lie in shared memory; it is partly written when
 * a value turns out not to be finite.
 *
 * @param bytes - may be a Node Buffer at any offset
 * @param out - shape (dim)
 * @throws {RejectedError} ERR_MODEL_MALFORMED, ERR_MODEL_DIM, ERR_MODEL_NOT_FINITE (all `penalise`), whatever the input
 */
export function decodeModelInto(bytes: Uint8Array, { dim }: ModelExpectation, out: Params): void {
  if (out.length !== dim) throw new RangeError(`decodeModelInto: out has ${out.length} elements, expected ${dim}`)

  checkHeader(bytes, dim)

  const target = new Uint8Array(out.buffer, out.byteOffset, 4 * dim)
  const words = new Uint32Array(out.buffer, out.byteOffset, dim)
  for (let start = 0; start < dim; start += BLOCK) {
    const end = Math.min(dim, start + BLOCK)
    target.set(bytes.subarray(MODEL_HEADER_BYTES + 4 * start, MODEL_HEADER_BYTES + 4 * end), 4 * start)
    if (!allFinite(words, start, end)) throw rejection('ERR_MODEL_NOT_FINITE', { dim })
  }
}

/** As {@link decodeModelInto}, into a new vector of shape (dim). */
export function decodeModel(bytes: Uint8Array, expected: ModelExpectation): Params {
  checkHeader(bytes, expected.dim) // before allocating

  const params = new Float32Array(expected.dim)
  decodeModelInto(bytes, expected, params)

  return params
}

function checkHeader(bytes: Uint8Array, dim: number): void {
  if (bytes.byteLength < MODEL_HEADER_BYTES) throw rejection('ERR_MODEL_MALFORMED', { bytes: bytes.byteLength })

  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const known = view.getUint32(0, true) === MAGIC && view.getUint8(4) === VERSION && view.getUint8(5) === CODEC_F32
  if (!known || view.getUint16(6, true) !== 0) throw rejection('ERR_MODEL_MALFORMED', { bytes: bytes.byteLength })

  const gotDim = view.getUint32(8, true)
  if (gotDim !== dim || bytes.byteLength !== encodedModelBytes(dim)) {
    throw rejection('ERR_MODEL_DIM', { dim, gotDim, bytes: bytes.byteLength })
  }
}

/** Branch-free: adding one to an exponent of all ones carries into the sign bit, which `or` keeps. */
function allFinite(words: Uint32Array, start: number, end: number): boolean {
  let carries = 0
  for (let i = start; i < end; i++) carries |= (words[i]! & EXPONENT) + EXPONENT_ONE

  return carries >= 0
}

function rejection(code: ModelRejectCode, details: Record<string, number>): RejectedError<ModelRejectCode> {
  return new RejectedError(code, 'penalise', `model rejected: ${code}`, details)
}
