import { RejectedError } from '../interface/errors.ts'
import { MergeError } from './errors.ts'
import type { FisherVector } from './merge.ts'

/** "SFI1", little-endian: changes with the format. */
const MAGIC = 0x3149_4653
const HEADER_BYTES = 16
/** Codes above zero's: 1 for the smallest value, 255 for the largest. */
const LARGEST_CODE = 255
/** Smallest and largest value that a vector tells apart are at most so many times apart. */
const MAX_RANGE = 2 ** 40
/** Below it float32 itself becomes coarse. */
const SMALLEST_NORMAL = 2 ** -126

/**
 * Largest relative error of a decoded value that is normal in float32 and within {@link MAX_RANGE} of the vector's
 * largest: half a step, and the rounding to float32. Smaller ones come out as the smallest value told apart.
 */
export const FISHER_CODEC_ERROR = Math.sqrt(MAX_RANGE) ** (1 / (LARGEST_CODE - 1)) - 1 + 1e-6

export type FisherRejectCode = 'ERR_FISHER_MALFORMED' | 'ERR_FISHER_DIM'

/** Bytes of an encoded vector of length `dim`. */
export function fisherBytes(dim: number): number {
  return HEADER_BYTES + dim
}

/**
 * A diagonal Fisher in one byte a coordinate, on a logarithmic scale between the vector's smallest and largest
 * positive value. Zeros stay zero, and nothing else becomes zero; the error is at most {@link FISHER_CODEC_ERROR}.
 *
 * Format, little-endian: magic, dim (uint32), smallest, largest (float32; both 0 for a vector of zeros), one code each:
 * 0 for zero, else c for smallest * (largest / smallest)^((c - 1) / 254).
 *
 * @throws {MergeError} ERR_FISHER_VALUE for values that are negative or not finite
 */
export function encodeFisher(fisher: FisherVector): Uint8Array {
  const { smallest, largest } = rangeOf(fisher)
  const bytes = new Uint8Array(fisherBytes(fisher.length))
  const view = new DataView(bytes.buffer)
  view.setUint32(0, MAGIC, true)
  view.setUint32(4, fisher.length, true)
  view.setFloat32(8, smallest, true)
  view.setFloat32(12, largest, true)

  const logSmallest = Math.log(smallest)
  const logRange = Math.log(largest) - logSmallest
  const perLog = logRange > 0 ? (LARGEST_CODE - 1) / logRange : 0
  for (let i = 0; i < fisher.length; i++) {
    const value = fisher[i]!
    if (value === 0) continue
    const step = value <= smallest ? 0 : Math.round((Math.log(value) - logSmallest) * perLog)
    bytes[HEADER_BYTES + i] = 1 + Math.min(step, LARGEST_CODE - 1)
  }

  return bytes
}

/**
 * Decodes what {@link encodeFisher} made. Every value is finite and >= 0.
 *
 * @param out - shape (dim), written only when all is well
 * @throws {RejectedError} ERR_FISHER_MALFORMED, ERR_FISHER_DIM, for every input that a peer can choose; nothing else
 */
export function decodeFisherInto(out: FisherVector, bytes: Uint8Array): void {
  const { smallest, largest } = readHeader(bytes, out.length)
  // codes that the range does not have: only zero when there is none, only the smallest when it is a point
  const last = largest === 0 ? 0 : smallest === largest ? 1 : LARGEST_CODE
  for (let i = HEADER_BYTES; i < bytes.length; i++) if (bytes[i]! > last) throw malformed('code out of range')

  const values = new Float32Array(LARGEST_CODE + 1)
  const ratio = smallest === 0 ? 1 : largest / smallest
  for (let code = 1; code <= last; code++) {
    values[code] = Math.min(largest, smallest * ratio ** ((code - 1) / (LARGEST_CODE - 1)))
  }
  for (let i = 0; i < out.length; i++) out[i] = values[bytes[HEADER_BYTES + i]!]!
}

function readHeader(bytes: Uint8Array, dim: number): { smallest: number; largest: number } {
  if (bytes.length < HEADER_BYTES) throw malformed('shorter than its header')

  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (view.getUint32(0, true) !== MAGIC) throw malformed('not a Fisher vector')

  const gotDim = view.getUint32(4, true)
  if (gotDim !== dim) {
    throw new RejectedError('ERR_FISHER_DIM', 'penalise', 'Fisher vector of another length', { dim, gotDim })
  }
  if (bytes.length !== fisherBytes(dim)) throw malformed('not as long as it says')

  const smallest = view.getFloat32(8, true)
  const largest = view.getFloat32(12, true)
  const isEmpty = smallest === 0 && largest === 0
  const isRange = smallest > 0 && largest >= smallest && largest <= smallest * MAX_RANGE * (1 + 1e-6)
  // a largest of infinity is above any finite smallest; two infinities are caught here
  if (!isEmpty && !(isRange && Number.isFinite(largest))) throw malformed('no range of values')

  return { smallest, largest }
}

function rangeOf(fisher: FisherVector): { smallest: number; largest: number } {
  let smallest = Infinity
  let largest = 0
  for (let i = 0; i < fisher.length; i++) {
    const value = fisher[i]!
    if (!(value >= 0 && value < Infinity)) {
      throw new MergeError('ERR_FISHER_VALUE', 'Fisher information is negative or not finite', { at: i })
    }
    if (value > largest) largest = value
    if (value > 0 && value < smallest) smallest = value
  }
  if (largest === 0) return { smallest: 0, largest }

  const toldApart = Math.max(smallest, Math.fround(largest / MAX_RANGE), SMALLEST_NORMAL)

  return { smallest: Math.min(toldApart, largest), largest }
}

function malformed(problem: string): RejectedError<FisherRejectCode> {
  return new RejectedError('ERR_FISHER_MALFORMED', 'penalise', `malformed Fisher vector: ${problem}`)
}
