import { hash as hashOnce } from 'node:crypto'
import type { Peer } from '../interface/network.ts'

export type OrderHash = 'sha256' | 'md5'

/**
 * A peer's place in the order of a round is that of this digest, read as
 * bytes: nobody can choose it without trying many keys, and every round has
 * another.
 *
 * Source: de Vos et al. (MoDeST), arXiv:2302.13837, whose code hashes
 * `peer + '-' + round` with MD5. Deviation: SHA-256 by default, as MD5 makes
 * it cheap to find keys that come first together.
 */
export function orderKey(peer: Peer, round: number, hash: OrderHash = 'sha256'): Uint8Array {
  return hashOnce(hash, `${peer}-${round}`, 'buffer')
}

/** All of `peers` (distinct) in the order of `round`; {@link PeerOrder} is cheaper when only the first are needed. */
export function orderPeers(peers: Iterable<Peer>, round: number, hash: OrderHash = 'sha256'): Peer[] {
  return Array.from(peers, (peer) => ({ peer, key: orderKey(peer, round, hash) }))
    .sort((a, b) => Buffer.compare(a.key, b.key))
    .map(({ peer }) => peer)
}

/** Digits of a digest that a number holds exactly. */
const KEY_HEX = 12

export interface PeerOrderInit {
  round: number
  /** @default 'sha256' */
  hash?: OrderHash
}

/**
 * The same order, found as far as it is asked for: n digests to begin with,
 * then O(log n) a peer, by a binary heap.
 */
export class PeerOrder {
  readonly #round: number
  readonly #hash: OrderHash
  readonly #peers: readonly Peer[]
  /** First 48 bits of each peer's digest. */
  readonly #keys: Float64Array
  /** Indices into the two above, the first `#left` of them a heap with the least key on top. */
  readonly #heap: Uint32Array
  #left: number

  /** @param peers - distinct */
  constructor(peers: Iterable<Peer>, { round, hash = 'sha256' }: PeerOrderInit) {
    this.#round = round
    this.#hash = hash
    this.#peers = [...peers]
    this.#left = this.#peers.length
    this.#keys = Float64Array.from(this.#peers, (peer) => keyStart(peer, round, hash))
    this.#heap = Uint32Array.from(this.#peers, (_, k) => k)
    for (let k = (this.#left >> 1) - 1; k >= 0; k--) this.#sink(k)
  }

  /** The next peer of the order; undefined after the last. */
  next(): Peer | undefined {
    if (this.#left === 0) return undefined

    const first = this.#heap[0]!
    this.#left--
    this.#heap[0] = this.#heap[this.#left]!
    this.#sink(0)

    return this.#peers[first]!
  }

  /** The next `count` peers, fewer at the end. */
  take(count: number): Peer[] {
    return Array.from({ length: Math.min(count, this.#left) }, () => this.next()!)
  }

  #sink(from: number): void {
    const heap = this.#heap
    let at = from
    for (;;) {
      let least = at
      for (let child = 2 * at + 1; child <= 2 * at + 2 && child < this.#left; child++) {
        if (this.#isBefore(heap[child]!, heap[least]!)) least = child
      }
      if (least === at) return

      const moved = heap[at]!
      heap[at] = heap[least]!
      heap[least] = moved
      at = least
    }
  }

  #isBefore(a: number, b: number): boolean {
    const difference = this.#keys[a]! - this.#keys[b]!
    if (difference !== 0 || a === b) return difference < 0

    const key = (k: number): Uint8Array => orderKey(this.#peers[k]!, this.#round, this.#hash)
    return Buffer.compare(key(a), key(b)) < 0
  }
}

function keyStart(peer: Peer, round: number, hash: OrderHash): number {
  return Number.parseInt(hashOnce(hash, `${peer}-${round}`, 'hex').slice(0, KEY_HEX), 16)
}
