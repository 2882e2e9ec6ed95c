import type { Peer } from '../../interface/network.ts'
import type { LogBatch } from '../../wire/log-batch.ts'
import { SEGMENT_BYTES } from '../../wire/log-batch.ts'
import { firstLink, type Link, linkAfter } from './chain.ts'

/** First room of a log, which doubles when it is full. */
const START_BYTES = 1024

/**
 * One author's log, as far as it is here: bytes without gaps, and the author's signatures over where each segment ends
 * and over the end. A byte costs a byte; a full segment a link and a signature more.
 */
export class PeerLog {
  readonly author: Peer
  #bytes = new Uint8Array(START_BYTES)
  #length = 0
  /** Links where segments begin. */
  readonly #starts: Link[]
  /** Signatures over the ends of full segments. */
  readonly #seals: Uint8Array[] = []
  #link: Link
  /** The last one that was worked out within a segment. */
  #within: { readonly place: number; readonly link: Link } | undefined
  /** Over the end of what is here. */
  #signature: Uint8Array | undefined

  constructor(jobId: string, author: Peer) {
    this.author = author
    this.#link = firstLink(jobId, author)
    this.#starts = [this.#link]
  }

  get length(): number {
    return this.#length
  }

  /** After the last byte. */
  get link(): Link {
    return this.#link
  }

  /** A view: not to be kept beyond the next {@link append}. */
  bytes(from: number, to: number): Uint8Array {
    return this.#bytes.subarray(Math.min(from, this.#length), Math.min(to, this.#length))
  }

  /** The link before byte `place`. Cost: at most a segment of hashes, nothing for the place that was asked for last. */
  linkAt(place: number): Link {
    if (place === this.#length) return this.#link
    const segment = Math.floor(place / SEGMENT_BYTES)
    const start = { place: segment * SEGMENT_BYTES, link: this.#starts[segment]! }
    const last = this.#within
    const from = last !== undefined && last.place >= start.place && last.place <= place ? last : start
    if (from.place < place) this.#within = { place, link: linkAfter(from.link, this.bytes(from.place, place)) }

    return from.place < place ? this.#within!.link : from.link
  }

  /** First place at which `bytes`, that start at `start`, differ from what is here; undefined where they agree. */
  differsAt(start: number, bytes: Uint8Array): number | undefined {
    const end = Math.min(start + bytes.byteLength, this.#length)
    for (let place = start; place < end; place++) {
      if (this.#bytes[place] !== bytes[place - start]) return place
    }

    return undefined
  }

  /** Adds bytes that the caller has checked: they stay within a segment, `link` is the one after them. */
  append(bytes: Uint8Array, link: Link, signature: Uint8Array): void {
    const end = this.#length + bytes.byteLength
    if (end > this.#bytes.byteLength) this.#grow(end)
    this.#bytes.set(bytes, this.#length)
    this.#length = end
    this.#link = link
    this.#signature = signature
    if (end % SEGMENT_BYTES === 0) {
      this.#starts.push(link)
      this.#seals.push(signature)
    }
  }

  /** What is here from `place` on, to the end of its segment, so that anyone can check it; undefined at the end. */
  batchFrom(place: number): LogBatch | undefined {
    if (place >= this.#length) return undefined
    const segment = Math.floor(place / SEGMENT_BYTES)
    const end = Math.min((segment + 1) * SEGMENT_BYTES, this.#length)
    const signature = this.#seals[segment] ?? this.#signature!

    return { author: this.author, start: place, bytes: this.#bytes.slice(place, end), signature }
  }

  /** The link before a segment, and all of it that is here; undefined for one that has not begun. */
  segment(index: number): { before: Link; batch: LogBatch } | undefined {
    const batch = this.batchFrom(index * SEGMENT_BYTES)

    return batch === undefined ? undefined : { before: this.#starts[index]!, batch }
  }

  #grow(length: number): void {
    const grown = new Uint8Array(Math.max(length, 2 * this.#bytes.byteLength))
    grown.set(this.#bytes.subarray(0, this.#length))
    this.#bytes = grown
  }
}
