import { decodeFisherInto, encodeFisher, fisherBytes } from '../merge/fisher-codec.ts'
import type { FisherVector } from '../merge/update.ts'
import { decodeModelInto, encodedModelBytes, encodeModel } from '../wire/model-codec.ts'

/** A model and, where the job's merge policy needs it, its Fisher vector: they travel as one. Both shape (dim). */
export interface Parcel {
  readonly params: Float32Array
  readonly fisher?: FisherVector
}

export function parcelOf(params: Float32Array, fisher: FisherVector | undefined): Parcel {
  return fisher === undefined ? { params } : { params, fisher }
}

/** Bytes of an encoded parcel of models of length `dim`. */
export function parcelBytes(dim: number, { hasFisher }: { hasFisher: boolean }): number {
  return encodedModelBytes(dim) + (hasFisher ? fisherBytes(dim) : 0)
}

/**
 * The encoded model; after it, if there is one, the encoded Fisher vector.
 *
 * @throws {EncodeError} ERR_ENCODE_LIMIT; {MergeError} ERR_FISHER_VALUE
 */
export function encodeParcel({ params, fisher }: Parcel): Uint8Array<ArrayBuffer> {
  const model = encodeModel(params)
  if (fisher === undefined) return model

  const bytes = new Uint8Array(parcelBytes(params.length, { hasFisher: true }))
  bytes.set(model)
  bytes.set(encodeFisher(fisher), model.length)

  return bytes
}

/**
 * Checks a parcel from a peer and copies what is in it to `out`, which says what is expected. `out` may be partly written
 * when it is refused.
 *
 * @throws {RejectedError} ERR_MODEL_MALFORMED, ERR_MODEL_DIM, ERR_MODEL_NOT_FINITE, ERR_FISHER_MALFORMED,
 *   ERR_FISHER_DIM (all `penalise`), whatever the input; nothing else
 */
export function decodeParcelInto(bytes: Uint8Array, { params, fisher }: Parcel): void {
  const dim = params.length
  if (fisher === undefined) {
    decodeModelInto(bytes, { dim }, params)
    return
  }
  const modelBytes = encodedModelBytes(dim)
  decodeModelInto(bytes.subarray(0, modelBytes), { dim }, params)
  decodeFisherInto(fisher, bytes.subarray(modelBytes))
}
