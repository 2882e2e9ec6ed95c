import type { RejectedError } from '../interface/errors.ts'

/** Makes the error of the message being read; `why` is ours, never the peer's text. */
export type Malformed = (why: string) => RejectedError

/**
 * Reads fields off bytes from a peer, in order. Numbers are little endian.
 * Whatever the bytes are, the only thing ever thrown is what `malformed` makes.
 */
export class ByteReader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  /** The same bytes, for reading text at once. */
  readonly #buffer: Buffer
  readonly #malformed: Malformed
  #offset = 0

  constructor(bytes: Uint8Array, malformed: Malformed) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#malformed = malformed
  }

  uint8(): number {
    return this.#view.getUint8(this.#take(1))
  }

  uint16(): number {
    return this.#view.getUint16(this.#take(2), true)
  }

  uint32(): number {
    return this.#view.getUint32(this.#take(4), true)
  }

  /** A uint64 that is exact as a number: at most 2^53 - 1. */
  uint53(): number {
    const value = this.#view.getBigUint64(this.#take(8), true)
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw this.#malformed('number above 2^53')

    return Number(value)
  }

  /** A view of the next bytes, not a copy. */
  bytes(length: number): Uint8Array {
    const start = this.#take(length)

    return this.#bytes.subarray(start, start + length)
  }

  /** Printable ASCII without spaces, at least one character. */
  ascii(length: number, max: number): string {
    if (length < 1 || length > max) throw this.#malformed('text length out of bounds')

    const start = this.#take(length)
    for (let i = start; i < start + length; i++) {
      const code = this.#bytes[i]!
      if (code < 0x21 || code > 0x7e) throw this.#malformed('text is not printable ASCII')
    }

    return this.#buffer.toString('latin1', start, start + length)
  }

  utf8(length: number, max: number): string {
    if (length > max) throw this.#malformed('text length out of bounds')

    const bytes = this.bytes(length)
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    } catch {
      throw this.#malformed('text is not UTF-8')
    }
  }

  /** Nothing is left to be read. */
  get isAtEnd(): boolean {
    return this.#offset === this.#bytes.byteLength
  }

  /** Nothing may follow the last field: a message has one encoding. */
  end(): void {
    if (!this.isAtEnd) throw this.#malformed('bytes after the last field')
  }

  #take(length: number): number {
    const start = this.#offset
    if (start + length > this.#bytes.byteLength) throw this.#malformed('message ends early')
    this.#offset = start + length

    return start
  }
}
