import { CodedError } from '../interface/errors.ts'

/** Something of ours does not fit its message: a bug or a configuration beyond a limit, never a peer's doing. */
export class EncodeError extends CodedError<'ERR_ENCODE_LIMIT'> {
  constructor(message: string) {
    super('ERR_ENCODE_LIMIT', message)
  }
}

/**
 * Writes fields one after another into a buffer of fixed capacity. Numbers are
 * little endian.
 *
 * @throws {EncodeError} ERR_ENCODE_LIMIT when a field does not fit
 */
export class ByteWriter {
  readonly #bytes: Uint8Array<ArrayBuffer>
  readonly #view: DataView
  #offset = 0

  constructor(capacity: number) {
    this.#bytes = new Uint8Array(capacity)
    this.#view = new DataView(this.#bytes.buffer)
  }

  uint8(value: number): void {
    this.#view.setUint8(this.#take(1), bounded(value, 0xff))
  }

  uint16(value: number): void {
    this.#view.setUint16(this.#take(2), bounded(value, 0xffff), true)
  }

  uint32(value: number): void {
    this.#view.setUint32(this.#take(4), bounded(value, 0xffff_ffff), true)
  }

  /** As a uint64. */
  uint53(value: number): void {
    this.#view.setBigUint64(this.#take(8), BigInt(bounded(value, Number.MAX_SAFE_INTEGER)), true)
  }

  bytes(value: Uint8Array): void {
    this.#bytes.set(value, this.#take(value.byteLength))
  }

  /** What has been written; a view. */
  finish(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#offset)
  }

  #take(length: number): number {
    const start = this.#offset
    if (start + length > this.#bytes.byteLength) throw new EncodeError(`${length} bytes beyond the message's limit`)
    this.#offset = start + length

    return start
  }
}

function bounded(value: number, max: number): number {
  if (!Number.isInteger(value) || value < 0 || value > max)
    throw new EncodeError(`${value} is no integer of 0 .. ${max}`)

  return value
}

/** @throws {EncodeError} ERR_ENCODE_LIMIT unless `text` is 1 to `max` printable ASCII characters without spaces */
export function asciiBytes(text: string, max: number): Uint8Array {
  if (text.length < 1 || text.length > max) throw new EncodeError(`text of ${text.length} characters, limit ${max}`)

  // by hand: for texts as short as peer ids, an encoder and a pattern cost several times as much
  const bytes = new Uint8Array(text.length)
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code < 0x21 || code > 0x7e) throw new EncodeError('text is not printable ASCII without spaces')
    bytes[i] = code
  }

  return bytes
}
