import type { Peer } from '../interface/network.ts'

/**
 * Which peers' records changed lately, newest last; of bounded length. An
 * entry costs 16 bytes and nothing is kept of peers that do not change.
 */
export class ChangeLog {
  readonly #limit: number
  #peers: Peer[] = []
  #stamps: number[] = []
  #newest = 0

  /** @param limit - changes remembered at least; twice as many at most, so that cutting is rare */
  constructor(limit: number) {
    this.#limit = limit
  }

  /** `stamp` is raised to that of the change before: time does not run back. */
  note(peer: Peer, stamp: number): void {
    this.#newest = Math.max(this.#newest, stamp)
    if (this.#peers.at(-1) === peer && this.#stamps.at(-1) === this.#newest) return

    if (this.#peers.length === 2 * this.#limit) {
      this.#peers = this.#peers.slice(this.#limit)
      this.#stamps = this.#stamps.slice(this.#limit)
    }
    this.#peers.push(peer)
    this.#stamps.push(this.#newest)
  }

  /** Distinct peers whose change was noted at or after `stamp`, the newest change first; reads only those. */
  since(stamp: number, limit: number): Set<Peer> {
    const found = new Set<Peer>()
    for (let k = this.#peers.length - 1; k >= 0 && found.size < limit; k--) {
      if (this.#stamps[k]! < stamp) break
      found.add(this.#peers[k]!)
    }

    return found
  }
}
