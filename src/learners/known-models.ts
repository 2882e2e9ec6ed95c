import type { Peer } from '../interface/network.ts'
import type { VectorMath } from '../interface/vectors.ts'

/** A model that is known of a peer. */
export interface KnownModel {
  readonly peer: Peer
  /** Shape (dim). */
  readonly params: Float32Array
}

/** Models of peers as they are now. */
export interface ModelSource {
  /** A peer's always after those of the same others. Valid until the next call, and until anything arrives. */
  models(): readonly KnownModel[]
  /** Of these, the peer whose model came last. */
  readonly newest: Peer | undefined
}

/** Remembers the newest model of each peer, of a bounded number of peers: the one that was silent longest goes. */
export class KnownModels implements ModelSource {
  readonly #vectors: VectorMath
  readonly #maxPeers: number
  readonly #models = new Map<Peer, KnownModel>()
  /** Peers in the order of their last models. */
  readonly #arrived = new Set<Peer>()
  #newest: Peer | undefined
  #listed: readonly KnownModel[] | undefined

  constructor({ vectors, maxPeers }: { vectors: VectorMath; maxPeers: number }) {
    this.#vectors = vectors
    this.#maxPeers = maxPeers
  }

  get size(): number {
    return this.#models.size
  }

  models(): readonly KnownModel[] {
    this.#listed ??= [...this.#models.values()]

    return this.#listed
  }

  get newest(): Peer | undefined {
    return this.#newest
  }

  /** Copies a model. @throws {CodedError} ERR_MEMORY_EXHAUSTED */
  put(peer: Peer, params: Float32Array): void {
    this.#roomFor(peer, params.length).set(params)
    this.#arrived.delete(peer)
    this.#arrived.add(peer)
    this.#newest = peer
  }

  /** Forgets everything and gives the memory back. */
  close(): void {
    for (const { params } of this.#models.values()) this.#vectors.free(params)
    this.#models.clear()
    this.#arrived.clear()
    this.#newest = undefined
    this.#listed = undefined
  }

  #roomFor(peer: Peer, dim: number): Float32Array {
    const known = this.#models.get(peer)
    if (known !== undefined) return known.params

    const params = this.#models.size >= this.#maxPeers ? this.#dropStalest() : this.#vectors.allocate(dim)
    this.#models.set(peer, { peer, params })
    this.#listed = undefined

    return params
  }

  #dropStalest(): Float32Array {
    const stalest: Peer = this.#arrived.values().next().value!
    const { params } = this.#models.get(stalest)!
    this.#models.delete(stalest)
    this.#arrived.delete(stalest)

    return params
  }
}
