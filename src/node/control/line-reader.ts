import { CodedError } from '../../interface/errors.ts'

const NEWLINE = 0x0a

/** Cuts a stream of bytes into lines, none of them longer than `maxBytes`. */
export class LineReader {
  readonly #maxBytes: number
  #parts: Uint8Array[] = []
  #held = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /**
   * The lines that end in this chunk, without their ends; empty ones are left out.
   *
   * @throws {CodedError} ERR_CONTROL_LINE: read no more
   */
  *push(chunk: Uint8Array): Generator<Uint8Array> {
    let start = 0
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      this.#hold(chunk.subarray(start, end))
      start = end + 1
      if (this.#held > 0) yield this.#take()
    }
    this.#hold(chunk.subarray(start))
  }

  #hold(part: Uint8Array): void {
    if (part.length === 0) return

    this.#held += part.length
    if (this.#held > this.#maxBytes) {
      throw new CodedError('ERR_CONTROL_LINE', `a line of more than ${this.#maxBytes} bytes`, { limit: this.#maxBytes })
    }
    this.#parts.push(part)
  }

  #take(): Uint8Array {
    const line = this.#parts.length === 1 ? this.#parts[0]! : Buffer.concat(this.#parts)
    this.#parts = []
    this.#held = 0

    return line
  }
}
