import { createHash } from 'node:crypto'
import { CodedError, RejectedError } from '../interface/errors.ts'
import type { ModelRef } from '../interface/network.ts'
import { decodePullStatus } from '../wire/pull-codec.ts'
import { shortHash } from './transfer-limits.ts'

export type ModelTransferCode = 'ERR_MODEL_NOT_FOUND' | 'ERR_MODEL_BUSY' | 'ERR_MODEL_TRUNCATED'
export type ModelTransferRejectCode = 'ERR_MODEL_OVERRUN' | 'ERR_MODEL_HASH'

/**
 * Takes the bytes of one model as they come, over one stream or several:
 * exactly as many as expected, into one buffer, hashed on the way. Never keeps a piece.
 */
export class ModelReceiver {
  readonly #ref: ModelRef
  readonly #bytes: Uint8Array
  readonly #hash = createHash('sha256')
  #received = 0
  /** The next byte is the status that opens each answer. */
  #atStatus = true

  constructor(ref: ModelRef, into?: Uint8Array) {
    this.#ref = ref
    this.#bytes = into?.subarray(0, ref.bytes) ?? new Uint8Array(ref.bytes)
  }

  get received(): number {
    return this.#received
  }

  get complete(): boolean {
    return this.#received === this.#ref.bytes && !this.#atStatus
  }

  /** A new answer begins. */
  restart(): void {
    this.#atStatus = true
  }

  /**
   * Takes a piece; true when the model is complete.
   *
   * @throws {RejectedError} ERR_MODEL_OVERRUN, ERR_PULL_MALFORMED (`penalise`)
   * @throws {CodedError} ERR_MODEL_NOT_FOUND, ERR_MODEL_BUSY
   */
  take(piece: Uint8Array): boolean {
    let body = piece
    if (this.#atStatus && piece.byteLength > 0) {
      this.#checkStatus(piece[0]!)
      this.#atStatus = false
      body = piece.subarray(1)
    }

    const { bytes } = this.#ref
    if (this.#received + body.byteLength > bytes) {
      throw new RejectedError('ERR_MODEL_OVERRUN', 'penalise', 'more bytes than the model has', { bytes })
    }
    this.#bytes.set(body, this.#received)
    this.#hash.update(body)
    this.#received += body.byteLength

    return this.complete
  }

  /**
   * The whole model, verified. Once only.
   *
   * @throws {RejectedError} ERR_MODEL_HASH (`penalise`)
   */
  finish(): Uint8Array {
    if (this.#hash.digest('hex') !== this.#ref.hash) {
      throw new RejectedError('ERR_MODEL_HASH', 'penalise', 'these bytes are not the model asked for', {
        bytes: this.#ref.bytes
      })
    }

    return this.#bytes
  }

  #checkStatus(byte: number): void {
    const status = decodePullStatus(byte)
    if (status === 'found') return

    const code = status === 'busy' ? 'ERR_MODEL_BUSY' : 'ERR_MODEL_NOT_FOUND'
    throw new CodedError<ModelTransferCode>(code, `model ${shortHash(this.#ref.hash)}: ${status}`)
  }
}
